using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>Local changes of entry data.</summary>
internal static class LocalData
{
    /// <summary>Stores an edit as live and pending. A loser that is to be pushed with it stays.</summary>
    public static void Put(VaultConnection connection, Guid id, long version, SealedEntry.Parts parts, byte[] nameKey, long? baseSeq) =>
        connection.Execute("""
            INSERT INTO local_data (id, version, pending, base, digest, name_key, head, tail) VALUES ($1, $2, 1, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET version = $2, pending = 1, trashed = NULL, purged = 0, base = $3, digest = $4, name_key = $5, head = $6, tail = $7
            """, id, version, baseSeq, parts.Digest(), nameKey, parts.Summary, parts.Secret);

    /// <summary>Sets the version that lost a conflict and is pushed right before the entry's own. Null removes it.</summary>
    public static void SetLoser(VaultConnection connection, Guid id, long? loserSeq) =>
        connection.Execute("UPDATE local_data SET loser = $2 WHERE id = $1", id, loserSeq);

    /// <summary>
    /// Rebases an edit that was made while an earlier version was being pushed: the pushed version goes to the history and becomes the edit's base.
    /// </summary>
    /// <param name="use">Of the vault, in a transaction.</param>
    /// <param name="state">The entry's, with the edit.</param>
    /// <param name="accepted">The version that is online now.</param>
    /// <param name="body">Its record, as it went over the wire.</param>
    public static void Rebase(VaultUse use, EntryState state, long accepted, byte[] body)
    {
        RecordBody.TrySplit(body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail);
        long kept = History.Keep(use.Connection, RecordStream.Data, state.Id, accepted, head.ToArray(), tail.ToArray(), HistoryReason.Edit, use.Now);
        EntryContent newer = state.Open(use.Keys);
        Put(use.Connection, state.Id, accepted + 1, SealedEntry.Seal(use.Keys, state.Id, accepted + 1, newer), use.Keys.NameKey(newer.Name), kept);
        SetLoser(use.Connection, state.Id, null);
    }
}
