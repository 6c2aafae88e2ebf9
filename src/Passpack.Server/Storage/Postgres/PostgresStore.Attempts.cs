using System.Buffers.Binary;
using Passpack.Server.Login;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Counts of failed and frequent attempts, and the known networks of accounts.</summary>
internal sealed partial class PostgresStore
{
    public Task<TimeSpan?> CountAttemptAsync(AttemptKeys keys, long? account, bool proved, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync(
            async work =>
            {
                List<(byte[], DateTimeOffset)> buckets = LockBuckets(work, AttemptJudge.SubjectsOf(keys));
                List<int> known = !AttemptJudge.AsksForPlace(keys) ? [] : work.All(
                    "SELECT 1 FROM known_place WHERE account = @account AND place = @place", row => row.GetInt32(0), ("account", account ?? 0), ("place", keys.Place));
                await work.SendAsync();
                AttemptVerdict verdict = AttemptJudge.Judge(keys, known.Count > 0, proved, now, buckets);
                if (verdict.NotesPlace && account is { } owner)
                    NotePlace(work, owner, keys.Place, now);
                Keep(work, verdict, now);
                if (verdict.Refuses)
                    NoteRefusal(work, account, keys.From, verdict.LocksOut, now);
                return ((verdict.NotesPlace && account is not null) || verdict.Buckets.Count > 0 || verdict.Refuses, verdict.Wait);
            },
            cancel);

    public Task<TimeSpan?> SpendAsync(byte[] subject, BucketLimit limit, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync(
            async work =>
            {
                List<(byte[] Subject, DateTimeOffset Empty)> bucket = LockBuckets(work, [subject]);
                await work.SendAsync();
                AttemptVerdict verdict = AttemptJudge.Spend(subject, limit, now, bucket.Count == 0 ? null : bucket[0].Empty);
                Keep(work, verdict, now);
                return (verdict.Buckets.Count > 0, verdict.Wait);
            },
            cancel);

    /// <summary>
    /// Holds subjects until the commit, whether there are buckets of them or not, and asks for those that there are. The locks' names begin the subjects,
    /// which are keyed hashes: who waits for another by chance waits for milliseconds.
    /// </summary>
    private static List<(byte[] Subject, DateTimeOffset Empty)> LockBuckets(PostgresWork work, IReadOnlyList<byte[]> subjects)
    {
        long[] names = [.. subjects.Select(subject => BinaryPrimitives.ReadInt64BigEndian(subject)).Distinct().Order()];
        work.All("SELECT pg_advisory_xact_lock(name) FROM unnest(@names) AS name", _ => 0, ("names", names));
        return work.All(
            "SELECT subject, empty FROM bucket WHERE subject = ANY (@subjects)", row => (row.Bytes(0), row.Time(1)), ("subjects", subjects.ToArray()));
    }

    /// <summary>Writes the buckets of a verdict.</summary>
    private static void Keep(PostgresWork work, AttemptVerdict verdict, DateTimeOffset now)
    {
        if (verdict.MakesRoom is { } by)
            Forget(work, by, now);
        byte[][] emptied = [.. verdict.Buckets.Where(bucket => bucket.Empty is null).Select(bucket => bucket.Subject)];
        if (emptied.Length > 0)
            work.Run("DELETE FROM bucket WHERE subject = ANY (@subjects)", ("subjects", emptied));
        (byte[] Subject, DateTimeOffset? Empty)[] filled = [.. verdict.Buckets.Where(bucket => bucket.Empty is not null)];
        if (filled.Length > 0)
        {
            work.Run(
                """
                INSERT INTO bucket (subject, empty) SELECT * FROM unnest(@subjects, @empty)
                ON CONFLICT (subject) DO UPDATE SET empty = excluded.empty
                """,
                ("subjects", filled.Select(bucket => bucket.Subject).ToArray()), ("empty", filled.Select(bucket => bucket.Empty!.Value.ToStored()).ToArray()));
        }
    }

    /// <summary>
    /// Deletes empty buckets; and, beyond the limit, the emptiest ones, so that nobody ends a lockout by creating other buckets. Counting is slow, so
    /// only one subject in 256 does it, chosen by the first byte of its keyed hash. What another transaction holds is its own.
    /// </summary>
    private static void Forget(PostgresWork work, byte[] subject, DateTimeOffset now)
    {
        work.Run(
            "DELETE FROM bucket WHERE subject IN (SELECT subject FROM bucket WHERE empty <= @now ORDER BY empty LIMIT @most FOR UPDATE SKIP LOCKED)",
            ("now", now.ToStored()), ("most", UpkeepBatch));
        if (subject[0] == 0)
        {
            work.Run(
                """
                DELETE FROM bucket WHERE subject IN (
                    SELECT subject FROM bucket WHERE empty <= (SELECT empty FROM bucket ORDER BY empty DESC OFFSET @most LIMIT 1) FOR UPDATE SKIP LOCKED)
                """,
                ("most", MostBuckets));
        }
    }

    private static void NotePlace(PostgresWork work, long account, byte[] place, DateTimeOffset now) => work.Run(
        $"""
        WITH noted AS (
            INSERT INTO known_place (account, place, used) SELECT id, @place, @now {OfAccount}
            ON CONFLICT (account, place) DO UPDATE SET used = excluded.used WHERE abs(excluded.used - known_place.used) > @every
            RETURNING 1)
        DELETE FROM known_place WHERE account = @account AND place <> @place AND EXISTS (SELECT 1 FROM noted) AND place NOT IN (
            SELECT place FROM known_place WHERE account = @account AND place <> @place ORDER BY used DESC LIMIT @others)
        """,
        ("account", account), ("place", place), ("now", now.ToStored()), ("every", (long)UsedEvery.TotalMilliseconds), ("others", KnownPlaces - 1));
}
