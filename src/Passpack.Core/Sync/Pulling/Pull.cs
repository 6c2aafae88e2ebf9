using System.Globalization;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Pulling;

/// <summary>
/// Brings the online changes into the staging table, page by page, and verifies them: the chain of manifests, and the sums over the mirror with the
/// claimed changes. Until <see cref="VerifyAsync"/> has succeeded, nothing uses the staged records.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="anew">Stages the whole account, not only changes since the mirror: for a server that went back, when the user accepts that.</param>
internal sealed class Pull(SyncRun run, bool anew = false)
{
    // Not a revision: an interrupted pull from the beginning is never resumed.
    private const int SumChunk = 2000;
    private const long FromTheBeginning = -1;

    // An honest server fills every page but the last. The limit leaves some room for servers that page differently.
    private const int MostShortPages = 100;

    private readonly StagingSpace _room = new(run);
    private int _shortPages;
    private bool _resumed;

    private VaultConnection Connection => run.Connection;

    /// <summary>Stages all changes after the mirror's revision. Resumes an earlier pull that was interrupted.</summary>
    public async Task<VaultHead> StageAsync(CancellationToken cancellationToken)
    {
        GiveSpaceBack();
        string? page = Resume();
        _resumed = page is not null;
        _room.Count();
        while (true)
        {
            try
            {
                return await StageFromAsync(page, cancellationToken).ConfigureAwait(false);
            }
            catch (PasspackException e) when (e.ErrorId is ErrorCodes.ServerTampered or ErrorCodes.DiskFull || e.IsDefinite)
            {
                // The staged pages may be the cause: they must not spoil the next pull, nor this one if an earlier pull left them.
                LetGo();
                if (!_resumed || e.ErrorId == ErrorCodes.DiskFull)
                    throw;
            }
            (page, _resumed) = (null, false);
        }
    }

    private async Task<VaultHead> StageFromAsync(string? page, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<(ChangePage Page, bool[] Sound)> coming = AskAsync(page, giveUp.Token);
        try
        {
            while (true)
            {
                (ChangePage answer, bool[] sound) = await coming.ConfigureAwait(false);
                Check(answer, page);
                page = answer.NextPage;
                // The server makes the next page while this one is staged.
                if (answer.Head is null)
                    coming = AskAsync(page, giveUp.Token);
                if (answer.Changes.Count > 0)
                    run.InTransaction(() => Stage(answer, sound));
                if (answer.Head is { } head)
                {
                    run.Report.RemovalDue = head.Removal?.Due;
                    return head;
                }
                run.Progress?.Report(new SyncProgress("Receiving changes", _room.Changes, null));
            }
        }
        finally
        {
            // What staging threw is told; how the next page, which nobody wants any more, would have ended is not.
            await giveUp.CancelAsync().ConfigureAwait(false);
            await ((Task)coming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Also tells which bodies match their digests: hashed while the page before is staged.
    private async Task<(ChangePage Page, bool[] Sound)> AskAsync(string? page, CancellationToken cancellationToken)
    {
        ChangePage answer = await run.GetAsync(Routes.Changes, Query(page), ChangePage.ReadAsync, cancellationToken).ConfigureAwait(false);
        return (answer, [.. answer.Changes.Select(change => RecordBody.Digest(change.Body).AsSpan().SequenceEqual(change.Digest))]);
    }

    /// <summary>Verifies the staged records.</summary>
    /// <returns>The chain up to the served manifest, and the sums. Null if nothing is new.</returns>
    public async Task<VerifiedChanges?> VerifyAsync(VaultHead head, CancellationToken cancellationToken)
    {
        try
        {
            VerifiedChanges? verified = await VerifyStagedAsync(head, cancellationToken).ConfigureAwait(false);
            await EventLogWatch.VerifyAsync(run, head.Log, anew, cancellationToken).ConfigureAwait(false);
            return verified;
        }
        catch (PasspackException e)
        {
            LetGo();
            // Pages left by an interrupted pull may be the cause: then all are pulled again.
            if (!_resumed || e.ErrorId != ErrorCodes.ServerTampered)
                throw;
            _resumed = false;
        }
        head = await StageAsync(cancellationToken).ConfigureAwait(false);
        return await VerifyAsync(head, cancellationToken).ConfigureAwait(false);
    }

    private async Task<VerifiedChanges?> VerifyStagedAsync(VaultHead head, CancellationToken cancellationToken)
    {
        CheckState(head);
        if (run.Shared is not null)
            await SharedLogPull.TakeInAsync(run, head, cancellationToken).ConfigureAwait(false);
        // Registration makes the first manifest, so an account without one is a lie: a machine that has never synced must not take it for empty.
        if (head.Generation < 1)
            throw run.Tampered("an account without a manifest");
        var reader = new ManifestChainReader(run, anew);
        await reader.RequireAsync(run.Options.Checkpoint, head, cancellationToken).ConfigureAwait(false);
        if (!anew && head.Generation == run.Account.Generation)
        {
            reader.RequireVerified(head);
            if (head.Revision != run.Account.Revision || Staging.Any(Connection))
                throw run.Tampered("changes without a manifest");
            SharedLogPull.RequireFit(run, run.Account.Checkpoint!);
            return null;
        }
        ManifestChain chain = await reader.ReadAsync(head, cancellationToken).ConfigureAwait(false);
        if (anew && reader.HasMetVerified)
            throw run.Tampered("its history does continue what this machine verified, so that it did not go back");
        SharedLogPull.RequireFit(run, new Checkpoint(chain.Head.Generation, chain.HeadHash));
        if (chain.Head.Revision != head.Revision)
            throw run.Tampered("the revision is not the manifest's");
        ManifestSums sums = SumsWithStaged(head);
        if (!sums.Equal(chain.Head))
            throw run.Tampered("the records do not add up to the manifest: some were left out, invented, or are of another time");
        return new VerifiedChanges(chain, sums, reader.HasMetSent);
    }

    /// <summary>Deletes the staged pages.</summary>
    public void Drop() => Staging.Empty(Connection);

    private void LetGo()
    {
        run.InTransaction(Drop);
        _room.Count();
        _shortPages = 0;
        GiveSpaceBack();
    }

    // A plan's tables are in a file of their own, which goes with them.
    private void GiveSpaceBack()
    {
        if (!run.Options.WhatIf)
            VaultFile.GiveBackSpace(Connection);
    }

    private string? Resume()
    {
        if (anew)
        {
            run.InTransaction(Drop);
            return null;
        }
        (long After, string Page)? resumed = Staging.Interrupted(Connection);
        if (resumed is { } known && known.After == run.Account.Revision)
            return known.Page;
        if (resumed is not null || Staging.Any(Connection))
            run.InTransaction(Drop);
        return null;
    }

    private string Query(string? page)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"?after={(anew ? 0 : run.Account.Revision)}");
        // Includes the manifest that this machine verified: a server that went back may have reached the same generation again.
        if (run.Account.Generation > 0 && !anew)
            query += string.Create(CultureInfo.InvariantCulture, $"&generation={run.Account.Generation - 1}");
        if (run.Shared is { } shared)
            query += SharedLogPull.Query(shared);
        return page is null ? query : $"{query}&page={Uri.EscapeDataString(page)}";
    }

    private void Check(ChangePage answer, string? page)
    {
        if ((answer.Head is null) == (answer.NextPage is null) || answer.NextPage?.Length > 200)
            throw run.Client.NotPasspack("a page of changes is incomplete");
        if (answer.Head is null && (answer.Changes.Count == 0 || answer.NextPage == page))
            throw run.Tampered("pages that lead nowhere");
        long bytes = 0;
        foreach (RecordChange change in answer.Changes)
        {
            if (change.Version < 1 || change.Version > long.MaxValue / 2 || change.Stream == (byte)RecordStream.None)
                throw run.Client.NotPasspack("a change is of no version or stream");
            bytes += change.Body.Length;
        }
        _room.Take(answer.Changes.Count, bytes);
        bool isShort = answer.Head is null && answer.Changes.Count < Limits.RecordsPerBatch && bytes < Limits.BatchBodyBytes;
        if (isShort && ++_shortPages > MostShortPages)
            throw run.Tampered("small pages without an end");
    }

    private void Stage(ChangePage answer, bool[] sound)
    {
        foreach ((RecordChange change, bool isSound) in answer.Changes.Zip(sound))
        {
            // A body that does not match its digest is dropped here, and asked for again by id. A chunk's is not taken unasked.
            if (!Staging.Put(Connection, OnlineRecord.Of(change) with { Body = isSound && !change.HasBodyOnDemand ? change.Body : null }))
                throw run.Tampered("the same record twice, not newer");
        }
        Staging.GoOnAt(Connection, anew ? FromTheBeginning : run.Account.Revision, answer.NextPage);
    }

    /// <summary>Checks that the online keys are those of this machine, and that the account is not behind the last verified state.</summary>
    public void CheckState(VaultHead head)
    {
        CheckKeys(head);
        if (!anew && (head.Generation < run.Account.Generation || head.Revision < run.Account.Revision))
            throw run.RolledBack($"it is at generation {head.Generation}, this machine verified {run.Account.Generation}");
    }

    private void CheckKeys(VaultHead head)
    {
        if (head.Manifests is null)
            throw run.Client.NotPasspack("the last page is incomplete");
        if (run.Shared is not null)
            return;
        SyncErrors.RequireKnown(head.PackVersion);
        if (head.PackVersion < KeyEnvelope.PackVersion)
            throw run.RolledBack($"its pack version is {head.PackVersion}", isAcceptable: false);
        if (head.KeyGeneration < run.Account.KeyGeneration)
            throw SyncErrors.OlderKeys(run.Client.Server, run.Account, head.KeyGeneration);
        if (head.KeyGeneration > run.Account.KeyGeneration)
            throw SyncErrors.ChangedOnline(run.Account);
    }

    private ManifestSums SumsWithStaged(VaultHead head)
    {
        long most = Limits.MostVersions(head.Generation - (anew ? 0 : run.Account.Generation));
        ManifestSums sums = anew ? new ManifestSums() : ManifestSums.Load(Connection);
        // To hash takes five times as long as to read.
        foreach (ManifestSums part in SideBySide.InOrder(Checked().Chunk(SumChunk), SumsOf, _ => SideBySide.BatchBytes))
            sums.Add(part);
        return sums;

        IEnumerable<StagedRecord> Checked()
        {
            foreach (StagedRecord staged in Staging.BesideMirror(Connection, besideEmpty: anew))
            {
                Check(staged, most);
                yield return staged;
            }
        }
    }

    private static ManifestSums SumsOf(StagedRecord[] records)
    {
        var sums = new ManifestSums();
        foreach ((OnlineRecord record, long? oldVersion, bool oldDeleted, byte[]? oldDigest) in records)
        {
            if (oldVersion is long old)
                sums.Subtract(record.Stream, record.Id, old, oldDeleted, oldDigest);
            sums.Add(record.Stream, record.Id, record.Version, record.Deleted, record.Digest);
        }
        return sums;
    }

    private void Check(StagedRecord staged, long most)
    {
        OnlineRecord record = staged.Record;
        if (staged.OldVersion > record.Version)
            throw run.Tampered($"record {record.Id} in an older version than this machine has");
        // Otherwise one forged version could be the last that a record ever has.
        if (record.Version - (staged.OldVersion ?? 0) > most)
            throw run.Tampered($"record {record.Id} in a version that so few pushes cannot have reached");
        if (staged.OldDigest is { Length: not RecordBody.DigestBytes })
            throw VaultErrors.Damaged(Connection.Path, $"the digest of record {record.Id} in the mirror is none");
    }
}

/// <summary>The result of a verified pull.</summary>
/// <param name="Chain">Up to the served head.</param>
/// <param name="Sums">The sums including the staged records.</param>
/// <param name="HasSent">Under -WhatIf: whether the pull contains the push in the outbox.</param>
internal sealed record VerifiedChanges(ManifestChain Chain, ManifestSums Sums, bool HasSent)
{
    /// <summary>Whether this is the whole account of a server that went back, not a continuation of the mirror.</summary>
    public bool IsRollback => Chain.IsAnew;
}
