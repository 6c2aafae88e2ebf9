using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>
/// Limits versions to the account's number and age. Clocks are set wrong and right again, so a row's date alone does not count: rows are written in
/// order, so a row is no older than the rows before it.
/// </summary>
internal static class Retention
{
    /// <summary>
    /// For a new row: the latest date of all rows before it. If that came from a clock that was ahead, this is noticed once the clock is right.
    /// </summary>
    public const string NotBefore = """
        max(coalesce((SELECT max(replaced_at, not_before) FROM history ORDER BY seq DESC LIMIT 1), 0), coalesce((SELECT last_sync FROM account), 0))
        """;

    /// <summary>The condition for rows that no edit and no push needs any more.</summary>
    public const string NotNeeded = """
        NOT EXISTS (SELECT 1 FROM local_data l WHERE l.base = history.seq) AND NOT EXISTS (SELECT 1 FROM local_data l WHERE l.loser = history.seq)
        """;

    private const long DayMilliseconds = 24 * 60 * 60 * 1000;

    /// <summary>Removes versions beyond the number or age; never the newest, and none that an edit or a push still needs.</summary>
    public static void Trim(VaultConnection connection, RecordStream stream, Guid id, long newest, long now)
    {
        List<Row> rows = connection.Query("""
            SELECT seq, replaced_at, not_before, history_versions, history_days FROM history, account WHERE stream = $1 AND id = $2 ORDER BY seq DESC
            """, row => new Row(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)), (long)stream, id).ToList();
        // The clock has gone back since: it was ahead then, or is behind now. Either way nothing is removed until the next version.
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

    /// <summary>When a row was written, as far as the clocks tell; exact only if that is before <paramref name="oldest"/>.</summary>
    /// <param name="connection">The vault.</param>
    /// <param name="row">The row.</param>
    /// <param name="later">The same of the next newer row.</param>
    /// <param name="oldest">Rows written before this are removed.</param>
    /// <param name="now">The time.</param>
    private static long KeptSince(VaultConnection connection, Row row, long later, long oldest, long now)
    {
        // Dated by a clock that was ahead: the row was written before the next one.
        if (row.ReplacedAt > now)
            return later;
        if (row.ReplacedAt >= oldest || row.NotBefore <= row.ReplacedAt)
            return row.ReplacedAt;
        // The rows before may also have been dated by a clock that was ahead: then the latest date that was not counts.
        return row.NotBefore <= now ? row.NotBefore
            : connection.Scalar<long>("""
                SELECT max(max(iif(replaced_at <= $2, replaced_at, 0), iif(not_before <= $2, not_before, 0))) FROM history WHERE seq <= $1
                """, row.Seq, now);
    }

    private readonly record struct Row(long Seq, long ReplacedAt, long NotBefore, long Versions, long Days);
}
