using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Mirroring;

/// <summary>Takes records in that were only sealed anew: no change of an entry.</summary>
internal static class ResealedTakeIn
{
    /// <summary>
    /// Takes a record into the mirror that was only sealed anew, and moves what was made on the one before with it. Nothing else changes on this machine.
    /// </summary>
    /// <param name="run">The run, in a transaction.</param>
    /// <param name="record">Verified; of a live record its summary, opened, is needed.</param>
    /// <param name="before">The version that it replaces.</param>
    /// <param name="summary">Of entry data.</param>
    public static void Apply(SyncRun run, OnlineRecord record, long before, EntryContent? summary)
    {
        Mirror.Put(run.Connection, run.Keys, record, summary);
        if (record.Kind == RecordStream.Data)
            MoveLocal(run, record, before);
    }

    /// <summary>
    /// The same of a record that this machine sealed anew out of its mirror. Since that has the same plaintext under the name that it knows, nothing is
    /// opened or indexed again.
    /// </summary>
    /// <param name="run">The run, in a transaction.</param>
    /// <param name="record">Accepted by the server.</param>
    /// <param name="isChangedHere">Whether the entry has a local change.</param>
    public static void ApplyOwn(SyncRun run, OnlineRecord record, bool isChangedHere)
    {
        if (!Mirror.TryPutResealed(run.Connection, record))
            Mirror.Put(run.Connection, run.Keys, record, Mirror.Open(run.Keys, record));
        if (isChangedHere && record.Kind == RecordStream.Data)
            MoveLocal(run, record, record.Version - 1);
    }

    private static void MoveLocal(SyncRun run, OnlineRecord record, long before)
    {
        // A trashed entry without content of its own names the version that it was deleted at.
        run.Connection.Execute("UPDATE local_data SET version = $3 WHERE id = $1 AND version = $2 AND head IS NULL", record.Id, before, record.Version);
        if (EntryState.Find(run.Connection, record.Id) is not { IsLocal: true, HasOwnContent: true } state)
            return;
        if (state.Base is { } seq && state.BaseVersion == before && record.Body is not null
            && RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail))
        {
            run.Connection.Execute("UPDATE history SET version = $2, head = $3, tail = $4 WHERE seq = $1", seq, record.Version, head.ToArray(), tail.ToArray());
        }
        if (!state.IsTrashed && state.LocalVersion <= record.Version)
            LocalData.Seal(run.Use, record.Id, EntryState.Find(run.Connection, record.Id)!.NextVersion, state.Open(run.Keys), state.Base);
    }
}
