using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>
/// Takes a vault over into the next epoch: what is this machine's own, and may go up, is sealed anew under it; what came down, and the history, stays as it
/// is. docs/pack-format.md, "Epochs".
/// </summary>
internal static class EpochChange
{
    /// <summary>Changes a vault, in the caller's transaction.</summary>
    /// <param name="connection">The vault's.</param>
    /// <param name="keys">Of the new epoch; they open everything of the ones before.</param>
    /// <param name="account">The row to be.</param>
    /// <returns>The ids of entries of which something does not open: it stays as it is, and never goes up.</returns>
    public static IReadOnlyCollection<Guid> Apply(VaultConnection connection, VaultKeys keys, AccountRow account)
    {
        foreach (string table in new[] { "staged", "staging" })
            connection.Execute($"DELETE FROM {table}");
        IReadOnlyCollection<Guid> damaged = Reseal(connection, keys);
        account.Save(connection, keys);
        return damaged;
    }

    /// <summary>Seals anew what may go up, under the present epoch of the keys.</summary>
    /// <param name="connection">The vault's, in the caller's transaction.</param>
    /// <param name="keys">Of the new epoch; they open everything of the ones before.</param>
    /// <returns>The ids of entries of which something does not open: it stays as it is, and never goes up.</returns>
    public static IReadOnlyCollection<Guid> Reseal(VaultConnection connection, VaultKeys keys)
    {
        var damaged = new HashSet<Guid>();
        // A push under the old epoch is not taken any more; its changes are still here.
        connection.Execute("DELETE FROM outbox");
        ResealData(connection, keys, damaged);
        foreach ((RecordStream stream, string table) in new[] { (RecordStream.Tags, "local_tags"), (RecordStream.Favorite, "local_favorites") })
            ResealFlags(connection, keys, (int)stream, table, damaged);
        ResealQueue(connection, keys, damaged);
        RenameMirror(connection, keys);
        return damaged;
    }

    // Local changes, and the losers of conflicts, which go up right before them.
    private static void ResealData(VaultConnection connection, VaultKeys keys, HashSet<Guid> damaged)
    {
        foreach ((OwnRow source, byte[]? body, byte[]? nameKey) in SideBySide.InOrder(
            Rows(connection, "SELECT row, id, version, head, tail FROM local_data WHERE head IS NOT NULL"), Resealed, BytesOf))
        {
            if (body is null || nameKey is null || !RecordBody.TrySplit(body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret))
            {
                damaged.Add(source.Id);
                continue;
            }
            connection.Execute("UPDATE local_data SET head = $2, tail = $3, digest = $4, name_key = $5 WHERE row = $1",
                source.Row, summary.ToArray(), secret.ToArray(), RecordBody.Digest(body), nameKey);
        }
        foreach ((long row, Guid id, long version, byte[] head, byte[]? tail) in Rows(connection,
            "SELECT seq AS row, id, version, head, tail FROM history WHERE seq IN (SELECT loser FROM local_data) AND head IS NOT NULL"))
        {
            if (Reseal(keys, id, version, head, tail) is { } body && RecordBody.TrySplit(body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret))
                connection.Execute("UPDATE history SET head = $2, tail = $3 WHERE seq = $1", row, summary.ToArray(), secret.ToArray());
            else
            {
                connection.Execute("UPDATE local_data SET loser = NULL WHERE loser = $1", row);
                damaged.Add(id);
            }
        }

        // A content that is sealed and malformed is damaged, too: it must not keep the keys from being replaced.
        (OwnRow Source, byte[]? Body, byte[]? NameKey) Resealed(OwnRow row) =>
            (row, Reseal(keys, row.Id, row.Version, row.Head, row.Tail), NameKey(keys, row));
    }

    private static void ResealFlags(VaultConnection connection, VaultKeys keys, int stream, string table, HashSet<Guid> damaged)
    {
        foreach ((OwnRow source, RecordChange? after) in SideBySide.InOrder(
            Rows(connection, $"SELECT rowid AS row, id, version, body AS head, NULL AS tail FROM {table} WHERE body IS NOT NULL"),
            row => (row, ResealedRecord.Seal(keys, new RecordChange((byte)stream, row.Id, row.Version, false, [], row.Head), row.Version)), BytesOf))
        {
            if (after is not null)
                connection.Execute($"UPDATE {table} SET body = $2 WHERE rowid = $1", source.Row, after.Body);
            else
                damaged.Add(source.Id);
        }
    }

    // Of unknown streams nothing can be opened: their records go up as they are, which every epoch takes.
    private static void ResealQueue(VaultConnection connection, VaultKeys keys, HashSet<Guid> damaged)
    {
        foreach (RecordChange record in connection.Query("SELECT stream, id, version, digest, body FROM resend WHERE stream IN (2, 3)", row =>
            new RecordChange((byte)row.GetInt64(0), row.GetId(1), row.GetInt64(2), false, row.GetBytes(3), row.GetBytes(4))).ToList())
        {
            if (ResealedRecord.Seal(keys, record, record.Version) is { } after)
            {
                connection.Execute("UPDATE resend SET digest = $3, body = $4 WHERE stream = $1 AND id = $2", (long)record.Stream,
                    record.Id, after.Digest, after.Body);
            }
            else
            {
                connection.Execute("DELETE FROM resend WHERE stream = $1 AND id = $2", (long)record.Stream, record.Id);
                damaged.Add(record.Id);
            }
        }
    }

    // The index of names is of the present epoch.
    private static void RenameMirror(VaultConnection connection, VaultKeys keys)
    {
        // Without the plus SQLite takes the index of streams, and then sorts the whole mirror for every part.
        foreach ((long row, byte[]? nameKey) in SideBySide.InOrder(
            Rows(connection, "SELECT row, id, content_version AS version, head, NULL AS tail FROM mirror WHERE +stream = 1 AND head IS NOT NULL"),
            row => (row.Row, NameKey(keys, row)), BytesOf))
        {
            connection.Execute("UPDATE mirror SET name_key = $2 WHERE row = $1", row, nameKey);
        }
    }

    // Null if the summary does not open.
    private static byte[]? NameKey(VaultKeys keys, OwnRow row) =>
        SealedEntry.OrNull(() => SealedEntry.OpenSummary(keys, row.Id, row.Version, row.Head)) is { } summary ? keys.NameKey(summary.Name) : null;

    private static byte[]? Reseal(VaultKeys keys, Guid id, long version, byte[] head, byte[]? tail) => tail is null ? null
        : ResealedRecord.Seal(keys, new RecordChange((byte)RecordStream.Data, id, version, false, [], RecordBody.Join(head, tail)), version)?.Body;

    // In parts, by row: the rows change while they are gone through, and a vault has many.
    private static IEnumerable<OwnRow> Rows(VaultConnection connection, string sql)
    {
        const int part = 1000;
        List<OwnRow> rows;
        long after = 0;
        do
        {
            rows = [.. connection.Query($"SELECT row, id, version, head, tail FROM ({sql}) WHERE row > $1 ORDER BY row LIMIT {part}",
                row => new OwnRow(row.GetInt64(0), row.GetId(1), row.GetInt64(2), row.GetBytes(3), row.GetBytesOrNull(4)), after)];
            foreach (OwnRow row in rows)
                yield return row;
            after = rows.Count == 0 ? after : rows[^1].Row;
        }
        while (rows.Count == part);
    }

    private static int BytesOf(OwnRow row) => row.Head.Length + (row.Tail?.Length ?? 0);

    private sealed record OwnRow(long Row, Guid Id, long Version, byte[] Head, byte[]? Tail);
}
