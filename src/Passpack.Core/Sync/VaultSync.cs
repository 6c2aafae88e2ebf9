using System.Runtime.CompilerServices;
using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Sync.Manifests;
using Passpack.Sync.Merging;
using Passpack.Sync.Pulling;
using Passpack.Sync.Pushing;
using Passpack.Sync.Recovery;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync;

/// <summary>Two-way sync between a local account and its online account. Which case leads to which result: the table in docs/sync.md.</summary>
public static class VaultSync
{
    /// <summary>Syncs, or plans a sync.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Receives the progress. Null if nobody listens.</param>
    /// <param name="cancellationToken">Stops the sync between two records; the next sync goes on.</param>
    /// <exception cref="PasspackException">Any of the ids under Server and Sync in <see cref="ErrorCodes"/>, and errors of the vault.</exception>
    public static async Task<SyncResult> RunAsync(
        LocalVault vault, SyncOptions options, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(options);
        DateTimeOffset started = vault.Clock.GetUtcNow();
        long start = vault.Clock.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A timer counts milliseconds in 32 bits: seven weeks.
        if (options.Timeout is { TotalMilliseconds: < uint.MaxValue - 1 } timeout)
        {
            limit.CancelAfter(timeout);
            TimeProvider clock = options.Timeouts.Clock;
            long until = clock.GetTimestamp() + (long)(timeout.TotalSeconds * clock.TimestampFrequency);
            options = options with { Timeouts = options.Timeouts with { Until = until } };
        }
        try
        {
            using SyncRun run = await SyncRun.StartAsync(vault, options, progress, limit.Token).ConfigureAwait(false);
            if (options.WhatIf)
            {
                await PlanAsync(run, limit.Token).ConfigureAwait(false);
                return run.Result(started, vault.Clock.GetElapsedTime(start));
            }
            try
            {
                await SyncAsync(run, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                RecordFailure(run, run.Result(started, vault.Clock.GetElapsedTime(start)), (e as PasspackException)?.ErrorId ?? "Stopped");
                if (run.Shared is null && e is PasspackException { ServerCode: ErrorCodes.KeysReplacedOnline })
                    await KeyChange.ReadAsync(run.Client, run.Account, run.Keys, limit.Token).ConfigureAwait(false);
                throw;
            }
            SyncResult result = run.Result(started, vault.Clock.GetElapsedTime(start));
            run.InTransaction(() =>
            {
                SyncHistory.Add(run.Use, result, null);
                Alignments.Remember(run.Connection, null);
            });
            return result;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PasspackException(ErrorCodes.ServerUnreachable,
                $"The sync of {vault.UserId} was not over within {options.Timeout!.Value.TotalSeconds} seconds and was stopped. " +
                "What was done stays done; the next sync goes on.", e);
        }
    }

    private static void RecordFailure(SyncRun run, SyncResult result, string error)
    {
        using StoppableWork _ = StoppableWork.ToItsEnd();
        try
        {
            run.InTransaction(() =>
            {
                SyncHistory.Add(run.Use, result, error);
                Alignments.Remember(run.Connection, error);
            });
        }
        catch (Exception e) when (e is PasspackException or OperationCanceledException)
        {
            // The cause (a full disk, say, or another writer) may also prevent recording it; the user sees the first error.
        }
    }

    private static async Task SyncAsync(SyncRun run, CancellationToken cancellationToken)
    {
        PasspackException? unsent = await TryResumeAsync(run, cancellationToken).ConfigureAwait(false);
        for (int round = 0; ; round++)
        {
            await run.BackOffAsync(round, cancellationToken).ConfigureAwait(false);
            VerifiedChanges? verified = await StageAsync(run, cancellationToken).ConfigureAwait(false);
            if (verified is { IsRollback: true })
                VaultCopies.CopySealed(run.Use.Folder, "before-rollback", run.Use.Clock);
            Convert(run);
            if (verified is not null || run.Shared is { HasNews: true } || HasLocalWork(run))
                run.InTransaction(() => Apply(run, verified, cancellationToken));
            run.Shared?.Saved(run);
            bool sound = await RecordRefetch.FetchAsync(run, cancellationToken).ConfigureAwait(false);
            run.SettlesDamaged = true;
            if ((sound || DamagedRecords.AnySettled(run)) && HasLocalWork(run))
                run.InTransaction(() => Apply(run, null, cancellationToken));
            if (unsent is not null && Outbox.IsWaiting(run.Connection))
                throw unsent;
            int pushes = run.Report.Pushes;
            if (await PushAllAsync(run, cancellationToken).ConfigureAwait(false)
                && (run.Shared is { CanWrite: false } || await ChunkCollection.RunAsync(run, cancellationToken).ConfigureAwait(false)))
            {
                if (run.Shared is { IsOut: true })
                    return;
                await AttachmentDownload.FetchAllAsync(run, cancellationToken).ConfigureAwait(false);
                return;
            }
            // To seal a large account anew, or to send a large file, takes many pushes, between which others push, too.
            if ((run.Account.IsResealing || run.Report.HasSentChunks) && run.Report.Pushes > pushes)
                round = 0;
        }
    }

    /// <summary>Sends the push that an interrupted run left. If a proxy lets no push through, new online changes must still come down.</summary>
    private static async Task<PasspackException?> TryResumeAsync(SyncRun run, CancellationToken cancellationToken)
    {
        if (!Outbox.IsWaiting(run.Connection))
            return null;
        try
        {
            await new Push(run).ResumeAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (PasspackException e) when (!e.IsDefinite && e.ErrorId is ErrorCodes.ServerRefused or ErrorCodes.ServerUnreachable or ErrorCodes.RateLimited)
        {
            return e;
        }
    }

    /// <summary>Takes the same steps as a sync up to the first push, in a transaction that is rolled back.</summary>
    private static async Task PlanAsync(SyncRun run, CancellationToken cancellationToken)
    {
        Staging.MakeTemporary(run.Connection);
        try
        {
            VerifiedChanges? verified = await StageAsync(run, cancellationToken).ConfigureAwait(false);
            Convert(run);
            run.Connection.BeginImmediate();
            run.SettlesDamaged = true;
            // A real run first sends the waiting push again; here it counts as accepted.
            if (verified is null or { HasSent: true })
                new Push(run).AcknowledgeWaiting();
            Apply(run, verified, cancellationToken);
            if (run.Account.IsResealing)
                run.Report.Note($"Seal the online records of {run.Account.UserId} that are under earlier keys anew (epoch {run.Keys.Epoch})");
        }
        finally
        {
            run.Connection.RollBack();
            if (run.Shared is not null)
                run.GoBack();
            Staging.DropTemporary(run.Connection);
        }
    }

    /// <summary>Pulls, verifies and applies new online changes; local changes stay as they are.</summary>
    internal static async Task PullAsync(SyncRun run, CancellationToken cancellationToken)
    {
        VerifiedChanges? verified = await StageAsync(run, cancellationToken).ConfigureAwait(false);
        if (verified is not null || run.Shared is { HasNews: true })
        {
            run.InTransaction(() =>
            {
                run.Shared?.Save(run);
                if (verified is not null)
                    new ChangeApplier(run).ApplyStaged(verified, cancellationToken);
            });
        }
        run.Shared?.Saved(run);
    }

    /// <summary>Pulls and verifies. Null if nothing is new.</summary>
    internal static async Task<VerifiedChanges?> StageAsync(SyncRun run, CancellationToken cancellationToken)
    {
        if (run.Account.NextKeyRecord is not null)
            await KeyChange.SettleAsync(run, cancellationToken).ConfigureAwait(false);
        try
        {
            return await StageAsync(new Pull(run), cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (run.Shared is not null && e.ServerCode == ErrorCodes.NotPermitted)
        {
            await SharedLogPull.TakeInRemovalAsync(run, e, cancellationToken).ConfigureAwait(false);
            run.Report.Note("This account is no member of the shared vault any more. What this machine has of it can be read; what was not sent stays here.");
            return null;
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.ServerRolledBack or ErrorCodes.ServerTampered)
        {
            if (await Bookkeeping.FindDamageAsync(run, e, cancellationToken).ConfigureAwait(false) is { } damage)
                throw damage;
            if (!run.Options.AcceptRollback || run.Account.Checkpoint is null || run.Shared is not null)
                throw;
            return await StageAsync(new Pull(run, anew: true), cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<VerifiedChanges?> StageAsync(Pull pull, CancellationToken cancellationToken)
    {
        VaultHead head = await pull.StageAsync(cancellationToken).ConfigureAwait(false);
        return await pull.VerifyAsync(head, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Everything that a sync changes on this machine before it pushes; the caller makes it one transaction.</summary>
    private static void Apply(SyncRun run, VerifiedChanges? verified, CancellationToken cancellationToken)
    {
        run.Shared?.Save(run);
        var applier = new ChangeApplier(run);
        if (verified is { IsRollback: true })
            new AcceptedRollback(run).Apply(verified, cancellationToken);
        else if (verified is not null)
            applier.ApplyStaged(verified, cancellationToken);
        if (run.SettlesDamaged)
            DamagedRecords.Settle(run);
        applier.ApplyHeld(cancellationToken);
        new Reconciler(run).Run(cancellationToken);
        if (run.Report.MustStop && !run.Options.WhatIf)
            throw run.Stopped();
    }

    /// <summary>Converts the keys to the current pack version; only after the server has proved to be this account's.</summary>
    private static void Convert(SyncRun run)
    {
        if (run.Shared is not null)
            return;
        string? notice = run.Options.WhatIf ? PackConversion.Describe(run.Account) : run.Vault.Convert(run.Connection);
        if (notice is null)
            return;
        run.Report.Note(notice);
        if (!run.Options.WhatIf)
            run.Account = AccountRow.Load(run.Connection, run.Keys);
    }

    private static bool HasLocalWork(SyncRun run) => run.Connection.Scalar<long>($"""
        SELECT EXISTS (SELECT 1 FROM local_data WHERE pending = 1) OR EXISTS (SELECT 1 FROM resend)
            OR EXISTS (SELECT 1 FROM account WHERE left_hash IS NOT NULL)
            OR {(run.Options.Resolve.Count == 0 ? "0" : "EXISTS (SELECT 1 FROM mirror WHERE owed = 1)")}
            OR {(run.Options.ExcludeTags ? "0" : "EXISTS (SELECT 1 FROM local_tags WHERE held = 1)")}
            OR {(run.Options.ExcludeFavorites ? "0" : "EXISTS (SELECT 1 FROM local_favorites WHERE held = 1)")}
        """) != 0;

    private static async Task<bool> PushAllAsync(SyncRun run, CancellationToken cancellationToken)
    {
        if (run.Shared is { CanWrite: false })
        {
            if (run.Connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM local_data WHERE pending = 1)") != 0)
                run.Report.Note("Changes of this machine wait: this account may not write to the shared vault now, or the vault is closed.");
            return true;
        }
        var push = new Push(run);
        if (!await push.ResumeAsync(cancellationToken).ConfigureAwait(false))
            return false;
        long total = run.Report.Planned.Count, done = 0, chunks = 0;
        // After an accepted rollback a push has to name the abandoned head, even without records.
        while (push.NextBatch() is { } batch && (batch.Count > 0 || run.Account.Left is not null))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                PushResult result = await push.PushAsync(batch, cancellationToken).ConfigureAwait(false);
                if (result == PushResult.MovedOn)
                    return false;
                if (result == PushResult.TooLarge)
                    continue;
            }
            catch (PasspackException e) when (e.IsTooLarge && batch.Count > 0)
            {
                // The other entries can still be sent.
                run.Report.RefuseAsTooLarge(push.ChunksOf ?? batch[0].Id, e);
                continue;
            }
            if (push.ChunksOf is not null)
            {
                run.Report.HasSentChunks = true;
                run.Progress?.Report(new SyncProgress("Sending attachments", chunks += batch.Count, null));
                continue;
            }
            done += batch.Select(record => record.Id).Distinct().Count();
            // Entries that were edited meanwhile are sent, too: the total may grow.
            run.Progress?.Report(new SyncProgress("Sending changes", done, total = Math.Max(total, done)));
        }
        if (run.Report.TooLarge.Count > 0)
            throw TooLarge(run);
        return !run.Account.IsResealing || await ResealAsync(run, push, cancellationToken).ConfigureAwait(false);
    }

    /// <returns>False if another machine pushed meanwhile.</returns>
    private static async Task<bool> ResealAsync(SyncRun run, Push push, CancellationToken cancellationToken)
    {
        var resealing = new Resealing(run);
        await using ConfiguredAsyncDisposable _ = resealing.ConfigureAwait(false);
        long done = 0;
        while (await resealing.NextBatchAsync(cancellationToken).ConfigureAwait(false) is { Records.Count: > 0 } batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PushResult result = await push.PushResealedAsync(batch, cancellationToken).ConfigureAwait(false);
            if (result == PushResult.MovedOn)
                return false;
            if (result == PushResult.TooLarge)
                return await ResealAsync(run, push, cancellationToken).ConfigureAwait(false);
            run.Progress?.Report(new SyncProgress("Sealing records under the new keys", done += batch.Records.Count, null));
        }
        push.AcknowledgeAccepted();
        resealing.Finish();
        return true;
    }

    private static PasspackException TooLarge(SyncRun run)
    {
        (Guid id, PasspackException first) = run.Report.TooLarge.First();
        string name = run.Report.Planned.TryGetValue(id, out SyncChange? planned) ? $"\"{planned.Name}\" ({id})" : id.ToString();
        return new PasspackException(first.ErrorId,
            $"{run.Report.TooLarge.Count} entries of {run.Use.UserId} could not be sent, the first is {name}: {first.Message} All others are online; "
            + "these stay on this machine, and the next sync tries again.",
            first) { Target = id };
    }
}
