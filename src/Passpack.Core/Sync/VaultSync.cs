using Passpack.Protocol;
using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>Two-way sync between a local account and its online account. What happens to what: docs/sync.md.</summary>
public static class VaultSync
{
    /// <summary>Syncs, or plans it.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told now and then how far it is.</param>
    /// <param name="cancellationToken">Stops it between two records; the next sync goes on.</param>
    /// <exception cref="PasspackException">Any of the ids under Server and Sync in <see cref="ErrorCodes"/>, and what the vault says.</exception>
    public static async Task<SyncResult> RunAsync(
        LocalVault vault, SyncOptions options, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(options);
        DateTimeOffset started = vault.Clock.GetUtcNow();
        long start = vault.Clock.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (options.Timeout is TimeSpan timeout)
            limit.CancelAfter(timeout);
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
                throw;
            }
            SyncResult result = run.Result(started, vault.Clock.GetElapsedTime(start));
            run.InTransaction(() => SyncHistory.Add(run.Use, result, null));
            return result;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PasspackException(ErrorCodes.ServerUnreachable,
                $"The sync of {vault.UserId} was not over within {options.Timeout!.Value.TotalSeconds} seconds and was stopped. What was done stays done; the next sync goes on.", e);
        }
    }

    private static void RecordFailure(SyncRun run, SyncResult result, string error)
    {
        try
        {
            run.InTransaction(() => SyncHistory.Add(run.Use, result, error));
        }
        catch (PasspackException)
        {
            // What ended the sync (a full disk, say) may keep it from being written down, too; that first error is what the user has to see.
        }
    }

    private static async Task SyncAsync(SyncRun run, CancellationToken cancellationToken)
    {
        await new Push(run).ResumeAsync(cancellationToken).ConfigureAwait(false);
        for (int round = 0; ; round++)
        {
            await run.BeginRoundAsync(round, cancellationToken).ConfigureAwait(false);
            Verified? verified = await StageAsync(run, cancellationToken).ConfigureAwait(false);
            if (verified is not null || HasLocalWork(run))
                run.InTransaction(() => Apply(run, verified, cancellationToken));
            if (await OwedRecords.FetchAsync(run, cancellationToken).ConfigureAwait(false) && HasLocalWork(run))
                run.InTransaction(() => Apply(run, null, cancellationToken));
            if (await PushAllAsync(run, cancellationToken).ConfigureAwait(false))
                return;
        }
    }

    /// <summary>The very steps of a sync up to the first push, in a transaction that is rolled back.</summary>
    private static async Task PlanAsync(SyncRun run, CancellationToken cancellationToken)
    {
        Pull.StageTemporarily(run.Connection);
        try
        {
            Verified? verified = await StageAsync(run, cancellationToken).ConfigureAwait(false);
            run.Connection.BeginImmediate();
            Apply(run, verified, cancellationToken);
        }
        finally
        {
            run.Connection.RollBack();
            Pull.StopStagingTemporarily(run.Connection);
        }
    }

    /// <summary>Pulls, verifies and applies what is new online, and leaves local changes as they are.</summary>
    internal static async Task PullAsync(SyncRun run, CancellationToken cancellationToken)
    {
        if (await StageAsync(run, cancellationToken).ConfigureAwait(false) is { } verified)
            run.InTransaction(() => new Incoming(run).ApplyStaged(verified, cancellationToken));
    }

    /// <summary>Pulls and verifies; null when nothing is new.</summary>
    internal static async Task<Verified?> StageAsync(SyncRun run, CancellationToken cancellationToken)
    {
        var pull = new Pull(run);
        VaultHead head = await pull.StageAsync(cancellationToken).ConfigureAwait(false);
        return await pull.VerifyAsync(head, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Everything that a sync does on this machine before it pushes: all of it, or nothing.</summary>
    private static void Apply(SyncRun run, Verified? verified, CancellationToken cancellationToken)
    {
        var incoming = new Incoming(run);
        if (verified is not null)
            incoming.ApplyStaged(verified, cancellationToken);
        incoming.ApplyHeld(cancellationToken);
        new Reconciler(run).Run(cancellationToken);
        if (run.MustStop && !run.Options.WhatIf)
            throw run.Stopped();
    }

    private static bool HasLocalWork(SyncRun run) => run.Connection.Scalar<long>($"""
        SELECT EXISTS (SELECT 1 FROM local_data WHERE pending = 1)
            OR {(run.Options.ExcludeTags ? "0" : "EXISTS (SELECT 1 FROM local_tags WHERE held = 1)")}
            OR {(run.Options.ExcludeFavorites ? "0" : "EXISTS (SELECT 1 FROM local_favorites WHERE held = 1)")}
        """) != 0;

    private static async Task<bool> PushAllAsync(SyncRun run, CancellationToken cancellationToken)
    {
        var push = new Push(run);
        long total = run.Planned.Count, done = 0;
        while (push.NextBatch() is { Count: > 0 } batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await push.PushAsync(batch, cancellationToken).ConfigureAwait(false))
                return false;
            run.Progress?.Report(new SyncProgress("Sending changes", done += batch.Count, total));
        }
        return true;
    }
}
