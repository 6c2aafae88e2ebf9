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

    /// <summary>Seals an edit, and stores it as live and pending.</summary>
    public static void Seal(VaultUse use, Guid id, long version, EntryContent content, long? baseSeq) =>
        Put(use.Connection, id, version, SealedEntry.Seal(use.Keys, id, version, content), use.Keys.NameKey(content.Name), baseSeq);

    /// <summary>Makes the mirror's record, sealed as it is, a pending edit.</summary>
    public static void PutMirrored(VaultConnection connection, Guid id, long? baseSeq, byte[] digest) => connection.Execute("""
        INSERT INTO local_data (id, version, pending, base, digest, name_key, head, tail)
        SELECT id, content_version, 1, $2, $3, name_key, head, tail FROM mirror WHERE stream = 1 AND id = $1
        """, id, baseSeq, digest);

    /// <summary>Moves the mirror's content to the trash, before the mirror drops it.</summary>
    public static void TrashMirrored(VaultConnection connection, Guid id, long now) => connection.Execute("""
        INSERT INTO local_data (id, version, pending, trashed, name_key, head, tail)
        SELECT id, content_version, 0, $2, name_key, head, tail FROM mirror WHERE stream = 1 AND id = $1
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, pending = 0, name_key = excluded.name_key, head = excluded.head, tail = excluded.tail
        """, id, now);

    /// <summary>Moves an edit to the trash. What it was made on, and a loser that was to be pushed with it, no longer count.</summary>
    public static void TrashEdit(VaultConnection connection, Guid id, long now) =>
        connection.Execute("UPDATE local_data SET trashed = $2, base = NULL, loser = NULL WHERE id = $1", id, now);

    /// <summary>Up to a number of entries with pending changes, by id.</summary>
    /// <param name="connection">To the vault.</param>
    /// <param name="after">The last id of the batch before. Null if this is the first.</param>
    /// <param name="most">At most so many.</param>
    public static IReadOnlyList<Guid> Pending(VaultConnection connection, Guid? after, int most) => [.. connection.Query(
        "SELECT id FROM local_data WHERE pending = 1 AND id > $1 ORDER BY id LIMIT $2", row => row.GetId(0),
        after?.ToByteArray(bigEndian: true) ?? [], most)];

    /// <summary>The entries, of these, that have a local change.</summary>
    public static IReadOnlySet<Guid> ChangedOf(VaultConnection connection, IReadOnlySet<Guid> ids)
    {
        // One range, and not a query each: records of one push lie side by side by their ids.
        Guid first = ids.DefaultIfEmpty().Min(), last = ids.DefaultIfEmpty().Max();
        return connection.Query("SELECT id FROM local_data WHERE id BETWEEN $1 AND $2", row => row.GetId(0), first, last).Where(ids.Contains).ToHashSet();
    }

    /// <summary>The next sync has something to do with the entry.</summary>
    public static void SetPending(VaultConnection connection, Guid id) =>
        connection.Execute("UPDATE local_data SET pending = 1 WHERE id = $1", id);

    /// <summary>The next sync has nothing to do with the entry.</summary>
    public static void SetSettled(VaultConnection connection, Guid id) =>
        connection.Execute("UPDATE local_data SET pending = 0 WHERE id = $1", id);

    /// <summary>Sets the history row that an edit was made on. Null if there is none.</summary>
    public static void SetBase(VaultConnection connection, Guid id, long? baseSeq) =>
        connection.Execute("UPDATE local_data SET base = $2, pending = 1 WHERE id = $1", id, baseSeq);

    /// <summary>Removes the local change, so that the mirror's record is in force.</summary>
    public static void Forget(VaultConnection connection, Guid id) =>
        connection.Execute("DELETE FROM local_data WHERE id = $1", id);

    /// <summary>Removes an entry's content from the trash for good. The row stays, so that the next sync finds that the entry is still online.</summary>
    public static void Purge(VaultConnection connection, Guid id) => connection.Execute("""
        UPDATE local_data SET purged = 1, base = NULL, loser = NULL, digest = NULL, name_key = NULL, head = NULL, tail = NULL WHERE id = $1
        """, id);

    /// <summary>Removes the local change unless the entry is in the trash.</summary>
    public static void ForgetEdit(VaultConnection connection, Guid id) =>
        connection.Execute("DELETE FROM local_data WHERE id = $1 AND trashed IS NULL", id);

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
        var pushed = new SealedVersion(RecordStream.Data, state.Id, accepted, head.ToArray(), tail.ToArray());
        long kept = History.Keep(use.Connection, pushed, HistoryReason.Edit, use.Now);
        Seal(use, state.Id, accepted + 1, state.Open(use.Keys), kept);
        SetLoser(use.Connection, state.Id, null);
    }
}
