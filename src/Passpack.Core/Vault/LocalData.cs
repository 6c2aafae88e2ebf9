namespace Passpack.Vault;

/// <summary>Local changes of entry data.</summary>
internal static class LocalData
{
    /// <summary>Puts an edit in force: live, and waiting for the next sync. A loser that waits to go up with it stays.</summary>
    public static void Put(VaultConnection connection, Guid id, long version, SealedEntry.Parts parts, byte[] nameKey, long? baseSeq) =>
        connection.Execute("""
            INSERT INTO local_data (id, version, pending, base, digest, name_key, head, tail) VALUES ($1, $2, 1, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET version = $2, pending = 1, trashed = NULL, purged = 0, base = $3, digest = $4, name_key = $5, head = $6, tail = $7
            """, id, version, baseSeq, parts.Digest(), nameKey, parts.Summary, parts.Secret);

    /// <summary>Sets the version that lost a conflict and goes up right before the entry's own; null: none.</summary>
    public static void SetLoser(VaultConnection connection, Guid id, long? loserSeq) =>
        connection.Execute("UPDATE local_data SET loser = $2 WHERE id = $1", id, loserSeq);
}
