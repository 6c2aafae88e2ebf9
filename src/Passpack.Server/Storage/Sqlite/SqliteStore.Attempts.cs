using Microsoft.Data.Sqlite;
using Passpack.Server.Login;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Counts of failed and frequent attempts, and the known networks of accounts.</summary>
internal sealed partial class SqliteStore
{
    public Task<TimeSpan?> CountAttemptAsync(AttemptKeys keys, long? account, bool proved, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync(
            connection =>
            {
                var buckets = new List<(byte[], DateTimeOffset)>();
                foreach (byte[] subject in AttemptJudge.SubjectsOf(keys))
                {
                    if (FindBucket(connection, subject) is { } empty)
                        buckets.Add((subject, empty));
                }

                bool known = AttemptJudge.AsksForPlace(keys) && IsKnown(connection, account, keys.Place);
                AttemptVerdict verdict = AttemptJudge.Judge(keys, known, proved, now, buckets);
                bool noted = verdict.NotesPlace && account is { } owner && NotePlace(connection, owner, keys.Place, now);
                bool kept = Keep(connection, verdict, now);
                if (verdict.Refuses)
                    NoteRefusal(connection, account, keys.From, verdict.LocksOut, now);
                return (noted | kept | verdict.Refuses, verdict.Wait);
            },
            cancel);

    public Task<TimeSpan?> SpendAsync(byte[] subject, BucketLimit limit, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync(
            connection =>
            {
                AttemptVerdict verdict = AttemptJudge.Spend(subject, limit, now, FindBucket(connection, subject));
                return (Keep(connection, verdict, now), verdict.Wait);
            },
            cancel);

    /// <summary>Writes the buckets of a verdict. Whether there were any.</summary>
    private static bool Keep(SqliteConnection connection, AttemptVerdict verdict, DateTimeOffset now)
    {
        if (verdict.MakesRoom is { } by)
            Forget(connection, by, now);
        foreach ((byte[] subject, DateTimeOffset? empty) in verdict.Buckets)
        {
            if (empty is null)
                connection.Run("DELETE FROM bucket WHERE subject = $subject", ("$subject", subject));
            else
            {
                connection.Run(
                    "INSERT INTO bucket (subject, empty) VALUES ($subject, $empty) ON CONFLICT (subject) DO UPDATE SET empty = excluded.empty",
                    ("$subject", subject), ("$empty", empty.Value.ToStored()));
            }
        }

        return verdict.Buckets.Count > 0;
    }

    /// <summary>
    /// Deletes empty buckets; and, beyond the limit, the emptiest ones, so that nobody ends a lockout by creating other buckets. Counting is slow, so
    /// only one subject in 256 does it, chosen by the first byte of its keyed hash.
    /// </summary>
    private static void Forget(SqliteConnection connection, byte[] subject, DateTimeOffset now)
    {
        connection.Run("DELETE FROM bucket WHERE empty <= $now", ("$now", now.ToStored()));
        if (subject[0] == 0)
        {
            connection.Run(
                "DELETE FROM bucket WHERE empty <= (SELECT empty FROM bucket ORDER BY empty DESC LIMIT 1 OFFSET $most)", ("$most", MostBuckets));
        }
    }

    private static DateTimeOffset? FindBucket(SqliteConnection connection, byte[] subject) => connection.First<DateTimeOffset?>(
        "SELECT empty FROM bucket WHERE subject = $subject", row => row.Time(0), ("$subject", subject));

    private static bool IsKnown(SqliteConnection connection, long? account, byte[] place) => connection.First(
        "SELECT 1 FROM known_place WHERE account = $account AND place = $place", row => row.GetInt32(0),
        ("$account", account ?? 0), ("$place", place)) == 1;

    private static bool NotePlace(SqliteConnection connection, long account, byte[] place, DateTimeOffset now)
    {
        int noted = connection.Run(
            """
            INSERT INTO known_place (account, place, used) SELECT id, $place, $now FROM account WHERE id = $account AND user_id IS NOT NULL
            ON CONFLICT (account, place) DO UPDATE SET used = excluded.used WHERE abs(excluded.used - used) > $every
            """,
            ("$account", account), ("$place", place), ("$now", now.ToStored()), ("$every", (long)UsedEvery.TotalMilliseconds));
        if (noted > 0)
        {
            connection.Run(
                """
                DELETE FROM known_place WHERE account = $account AND place <> $place AND place NOT IN (
                    SELECT place FROM known_place WHERE account = $account AND place <> $place ORDER BY used DESC LIMIT $others)
                """,
                ("$account", account), ("$place", place), ("$others", KnownPlaces - 1));
        }

        return noted > 0;
    }
}
