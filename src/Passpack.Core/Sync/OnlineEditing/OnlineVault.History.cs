using System.Runtime.CompilerServices;
using Passpack.Protocol;
using Passpack.Sync.Merging;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.OnlineEditing;

/// <summary>Earlier versions of online entries: listing and restoring them.</summary>
public static partial class OnlineVault
{
    /// <summary>
    /// The earlier versions of an entry that the online account still keeps, newest first; of one that was deleted online too. Changes
    /// nothing on this machine.
    /// </summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, and as <see cref="ListAsync"/>.</exception>
    public static Task<IReadOnlyList<OnlineVersion>> HistoryAsync(LocalVault vault, Guid id, CancellationToken cancellationToken = default) =>
        LookAsync(vault, (run, cancel) => EarlierVersions.ReadAsync(run, DataOf(id), long.MaxValue, cancel), (use, versions) =>
            OnlineVersion.Open(vault, use, RequireKnown(use, id), versions), null, cancellationToken);

    /// <summary>
    /// Entries that were deleted online, as the last version that the online account still keeps of each, one by one: it keeps them for its
    /// recycle period. One request an entry. Changes nothing on this machine.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="id">The entry. Null if all deleted entries are meant.</param>
    /// <param name="damaged">Called for each entry that does not open.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">As <see cref="ListAsync"/>.</exception>
    public static async IAsyncEnumerable<OnlineVersion> DeletedAsync(
        LocalVault vault, Guid? id, Action<PasspackException> damaged, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IReadOnlyList<(Guid Id, long Version)> deleted = await LookAsync(vault, use => (IReadOnlyList<(Guid, long)>)[.. use.Connection.Query(
            "SELECT id, version FROM mirror WHERE stream = 1 AND deleted = 1 AND ($1 IS NULL OR id = $1) ORDER BY id",
            row => (row.GetId(0), row.GetInt64(1)), id)],
            null, cancellationToken).ConfigureAwait(false);
        foreach ((Guid one, long version) in deleted)
        {
            OnlineVersion? last;
            using (SyncRun run = SyncRun.OpenReadOnly(vault))
            {
                IReadOnlyList<EarlierVersion> versions = await EarlierVersions.ReadAsync(run, DataOf(one), version, cancellationToken).ConfigureAwait(false);
                last = LastLive(versions) is { } live ? OnlineVersion.Of(run.Vault, run.Use, live) : null;
            }
            if (last is { IsDamaged: true })
                damaged(SealedEntry.Damaged(one, RecordStream.Data, RecordPart.Whole));
            else if (last is not null)
                yield return last;
        }
    }

    /// <summary>
    /// Makes an earlier version of an entry the newest online, and on this machine; or brings an entry back that was deleted online, with
    /// the tags and favorite that online last had. An entry in this machine's trash leaves it.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="id">The entry.</param>
    /// <param name="version">The version. Null if the last one before the entry's deletion is meant.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entry as online has it now.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.EntryNotFound"/>: online does not know the entry, no longer keeps the version, or has not deleted the entry
    /// of which no version is named. <see cref="ErrorCodes.RecordDamaged"/>. <see cref="ErrorCodes.SyncConflict"/>: this machine has
    /// unpushed changes of the entry. And as <see cref="ApplyAsync"/>.
    /// </exception>
    public static Task<EntrySummary> RestoreAsync(LocalVault vault, Guid id, long? version = null, CancellationToken cancellationToken = default) =>
        RestoreAsync(vault, id, version, null, cancellationToken);

    /// <summary>As <see cref="RestoreAsync(LocalVault, Guid, long?, CancellationToken)"/>, of exactly the version that was seen.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="version">What the user was asked about: if the server serves anything else in its place by now, nothing is restored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<EntrySummary> RestoreAsync(LocalVault vault, OnlineVersion version, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(version);
        return RestoreAsync(vault, version.EntryId, version.Version, version, cancellationToken);
    }

    private static async Task<EntrySummary> RestoreAsync(LocalVault vault, Guid id, long? version, OnlineVersion? seen, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using SyncRun run = await SyncRun.StartAsync(vault, s_quiet, null, cancellationToken).ConfigureAwait(false);
        var push = new Push(run);
        await push.ResumeAsync(cancellationToken).ConfigureAwait(false);
        for (int round = 0; ; round++)
        {
            await run.BackOffAsync(round, cancellationToken).ConfigureAwait(false);
            await VaultSync.PullAsync(run, cancellationToken).ConfigureAwait(false);
            OnlineEdit edit = await RestoringAsync(run, id, version, seen, cancellationToken).ConfigureAwait(false);
            OnlineBatch batch = OnlineBatch.Prepare(run, [edit], [id], 0);
            if (batch.Records.Count > 0 && await push.PushAsync(batch.Records, cancellationToken).ConfigureAwait(false) != PushResult.Accepted)
                continue;
            OnlineEditResult result = batch.Results(run.Use).Single();
            if (result.Entry is null)
                throw result.Error!;
            // If the process ends before this, the next sync does it.
            if (EntryState.Find(run.Connection, id) is { IsTrashed: true } trashed)
                run.InTransaction(() => new Reconciler(run).ReconcileTrashed(trashed));
            return result.Entry;
        }
    }

    private static async Task<OnlineEdit> RestoringAsync(SyncRun run, Guid id, long? version, OnlineVersion? seen, CancellationToken cancellationToken)
    {
        EntryState state = RequireKnown(run.Use, id);
        if (version is null && !state.IsDeletedOnline)
            throw NoVersion(id, "is not deleted online; say which version is to be restored");
        long before = version is long wanted && wanted < state.MirrorVersion ? Math.Max(wanted, 0) + 1 : state.MirrorVersion!.Value;
        IReadOnlyList<EarlierVersion> versions = await EarlierVersions.ReadAsync(run, DataOf(id), before, cancellationToken).ConfigureAwait(false);
        EarlierVersion? chosen = version is null
            ? LastLive(versions)
            : versions.FirstOrDefault(earlier => !earlier.Record.Deleted && earlier.Record.Version == version);
        RecordChange found = chosen?.Record ?? throw NoVersion(id,
            version is null ? "has no version left online that could be restored" : $"has no earlier version {version} online (any more)");
        if (seen?.IsSame(found) is false)
            throw NoVersion(id, $"has another version {version} online than the one that was shown");
        EntryContent content = SealedEntry.OpenBody(run.Keys, id, found.Version, found.Body);
        // If the entry exists, this is an edit made now: values that are not among the fields stay.
        return state.IsDeletedOnline || state.MirrorContentVersion != state.MirrorVersion
            ? new OnlineEdit { Id = id, Restored = content }
            : new OnlineEdit { Id = id, Values = new Snapshot(content, null, null).ToEdit() };
    }

    private static RecordKey DataOf(Guid id) => new((byte)RecordStream.Data, id);

    // A version pushed together with the deletion lost against it, and was never in force. It is restored only if there is no other.
    private static EarlierVersion? LastLive(IReadOnlyList<EarlierVersion> versions) =>
        versions.FirstOrDefault(earlier => !earlier.Record.Deleted && earlier.Stored != earlier.Replaced)
        ?? versions.FirstOrDefault(earlier => !earlier.Record.Deleted);

    private static EntryState RequireKnown(VaultUse use, Guid id) =>
        EntryState.Find(use.Connection, id) is { IsKnownOnline: true } state ? state : throw VaultUse.NotFound(id, $"{use.UserId} online");

    private static PasspackException NoVersion(Guid id, string how) =>
        new(ErrorCodes.EntryNotFound, $"The entry {id} {how}. Get-PasspackEntryHistory -Online shows what there is. Nothing was changed.") { Target = id };
}
