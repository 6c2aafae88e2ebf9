using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>
/// How long versions are kept: up to the number and the age that the account sets. Clocks are set wrong and right again, so a date alone is not
/// believed: rows are written one after the other, and a row is no older than what was dated before it.
/// </summary>
internal static class Retention
{
    /// <summary>For a new row: the latest date of all that was dated before it. It may be of a clock that was ahead; that shows once the clock is right.</summary>
    public const string NotBefore = """
        max(coalesce((SELECT max(replaced_at, not_before) FROM history ORDER BY seq DESC LIMIT 1), 0), coalesce((SELECT last_sync FROM account), 0))
        """;

    /// <summary>What no edit and no push needs any more.</summary>
    public const string NotNeeded = """
        NOT EXISTS (SELECT 1 FROM local_data l WHERE l.base = history.seq) AND NOT EXISTS (SELECT 1 FROM local_data l WHERE l.loser = history.seq)
        """;

    private const long DayMilliseconds = 24 * 60 * 60 * 1000;

    /// <summary>Removes what is more, or older, than is kept; never the newest one, and not what an edit or a push still needs.</summary>
    public static void Trim(VaultConnection connection, RecordStream stream, Guid id, long newest, long now)
    {
        List<Row> rows = connection.Query("""
            SELECT seq, replaced_at, not_before, history_versions, history_days FROM history, account WHERE stream = $1 AND id = $2 ORDER BY seq DESC
            """, row => new Row(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)), (long)stream, id).ToList();
        // The clock has gone back since: it was ahead, or is behind now. Whichever, the next version is soon enough.
        bool isWrong = rows.Count > 1 && rows[1].ReplacedAt > now;
        long later = now;
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            long oldest = now - DayMilliseconds * row.Days;
            later = KeptSince(connection, row, later, oldest, now);
            if (row.Seq < newest && (i >= row.Versions || (later < oldest && !isWrong)))
                connection.Execute($"DELETE FROM history WHERE seq = $1 AND {NotNeeded}", row.Seq);
        }
    }

    /// <summary>Since when a row is here, as far as clocks tell; exact only where that is before <paramref name="oldest"/>.</summary>
    /// <param name="connection">The vault.</param>
    /// <param name="row">The row.</param>
    /// <param name="later">The same of the version after it.</param>
    /// <param name="oldest">What is here since before that goes.</param>
    /// <param name="now">The time.</param>
    private static long KeptSince(VaultConnection connection, Row row, long later, long oldest, long now)
    {
        // Of a clock that was ahead: it was written before the next one was.
        if (row.ReplacedAt > now)
            return later;
        if (row.ReplacedAt >= oldest || row.NotBefore <= row.ReplacedAt)
            return row.ReplacedAt;
        // What was dated before it may be of a clock that was ahead, too: then the latest that was not.
        return row.NotBefore <= now ? row.NotBefore
            : connection.Scalar<long>("""
                SELECT max(max(iif(replaced_at <= $2, replaced_at, 0), iif(not_before <= $2, not_before, 0))) FROM history WHERE seq <= $1
                """, row.Seq, now);
    }

    private readonly record struct Row(long Seq, long ReplacedAt, long NotBefore, long Versions, long Days);
}
