using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Server.Login;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Counts of failed and frequent attempts, and the known networks of accounts.</summary>
internal sealed partial class SqliteStore
{
    /// <summary>The most known networks of an account; a new one replaces the least recently used.</summary>
    public const int KnownPlaces = 16;

    /// <summary>The most buckets that are kept, because strangers can make up any number of User IDs.</summary>
    public const int MostBuckets = 200_000;

    // How old "used" must be to be written again.
    private static readonly TimeSpan UsedEvery = TimeSpan.FromDays(1);

    public Task<TimeSpan?> CountAttemptAsync(AttemptKeys keys, long? account, bool proved, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync(
            connection => keys.Device is not null
                ? CountOfDevice(connection, keys, keys.Device, account, proved, now)
                : CountLogin(connection, keys, account, proved, now),
            cancel);

    private static (bool Keep, TimeSpan? Wait) CountOfDevice(
        SqliteConnection connection, AttemptKeys keys, byte[] subject, long? account, bool proved, DateTimeOffset now)
    {
        Bucket device = FindBucket(connection, subject, LockoutPolicy.Device, now);
        TimeSpan wait = device.Limit.Wait(device.Level);
        if (wait > TimeSpan.Zero)
            return (Redate(connection, device, now), wait);
        if (proved)
            return (NotePlace(connection, keys, account, now) | TakeBack(connection, [device], device, now), null);
        Forget(connection, device.Subject, now);
        NoteRefusal(connection, account, keys.From, Raise(connection, device, now), now);
        return (true, null);
    }

    /// <summary>
    /// Which buckets rise, and what is told of a wrong proof, is the same wherever an account is known and whether there is one: else the answers
    /// would tell it. Only whether a right proof is taken depends on where it comes from.
    /// </summary>
    private static (bool Keep, TimeSpan? Wait) CountLogin(SqliteConnection connection, AttemptKeys keys, long? account, bool proved, DateTimeOffset now)
    {
        // Every failure there, those during a lockout included: a right proof is taken there during one. A success takes back what the other has.
        Bucket tries = FindBucket(connection, SHA256.HashData(keys.Here), LockoutPolicy.Place, now);
        Bucket place = FindBucket(connection, keys.Here, LockoutPolicy.Place, now);
        Bucket ofAccount = FindBucket(connection, keys.Account, LockoutPolicy.Account, now);
        Bucket? address = keys.Address is null ? null : FindBucket(connection, keys.Address, LockoutPolicy.Address, now);
        List<Bucket> all = address is null ? [tries, place, ofAccount] : [tries, place, ofAccount, address];

        TimeSpan told = all.Max(bucket => bucket.Limit.Wait(bucket.Level)), here = tries.Limit.Wait(tries.Level);
        bool known = address is not null && IsKnown(connection, account, keys.Place);
        bool written = false;
        if (told > TimeSpan.Zero)
        {
            foreach (Bucket bucket in all)
                written |= Redate(connection, bucket, now);
        }

        if (proved && (known ? here : told) == TimeSpan.Zero)
        {
            bool noted = NotePlace(connection, keys, account, now);
            // Where an account is known its failures do not give an address room again: they could be repeated without end.
            List<Bucket> forgiven = known || address is null ? [ofAccount] : [ofAccount, address];
            bool taken = TakeBack(connection, forgiven, place, now);
            if (tries.Level > TimeSpan.Zero)
                SetLevel(connection, tries, TimeSpan.Zero, now);
            return (written | noted | taken | tries.Level > TimeSpan.Zero, null);
        }

        if (!proved && here == TimeSpan.Zero)
        {
            Forget(connection, keys.Here, now);
            bool lockedOut = false;
            foreach (Bucket bucket in told == TimeSpan.Zero ? all : [tries])
                lockedOut |= Raise(connection, bucket, now) && bucket != address;
            NoteRefusal(connection, account, keys.From, lockedOut, now);
            written = true;
        }

        return (written, told > TimeSpan.Zero ? told : null);
    }

    public Task<TimeSpan?> SpendAsync(byte[] subject, BucketLimit limit, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync<TimeSpan?>(
            connection =>
            {
                Bucket bucket = FindBucket(connection, subject, limit, now);
                TimeSpan wait = limit.Wait(bucket.Level);
                if (wait > TimeSpan.Zero)
                    return (Redate(connection, bucket, now), wait);
                Forget(connection, subject, now);
                SetLevel(connection, bucket, limit.Add(bucket.Level, 1), now);
                return (true, null);
            },
            cancel);

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

    /// <summary>
    /// A success cancels earlier failures at the same place only: otherwise an attacker with an account could clear an address between guesses at
    /// other accounts.
    /// </summary>
    private static bool TakeBack(SqliteConnection connection, List<Bucket> counted, Bucket own, DateTimeOffset now)
    {
        if (own.Level == TimeSpan.Zero)
            return false;
        double failures = own.Limit.Count(own.Level);
        foreach (Bucket bucket in counted)
            SetLevel(connection, bucket, bucket.Limit.Add(bucket.Level, -failures), now);
        SetLevel(connection, own, TimeSpan.Zero, now);
        return true;
    }

    private static bool IsKnown(SqliteConnection connection, long? account, byte[] place) => connection.First(
        "SELECT 1 FROM known_place WHERE account = $account AND place = $place", row => row.GetInt32(0),
        ("$account", account ?? 0), ("$place", place)) == 1;

    private static bool NotePlace(SqliteConnection connection, AttemptKeys keys, long? account, DateTimeOffset now) =>
        keys.Address is not null && account is { } owner && NotePlace(connection, owner, keys.Place, now);

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

    private static Bucket FindBucket(SqliteConnection connection, byte[] subject, BucketLimit limit, DateTimeOffset now)
    {
        DateTimeOffset? empty = connection.First<DateTimeOffset?>(
            "SELECT empty FROM bucket WHERE subject = $subject", row => row.Time(0), ("$subject", subject));
        TimeSpan level = empty is { } at ? limit.Level(at, now) : TimeSpan.Zero;
        return new Bucket(subject, limit, level, empty > now + level);
    }

    /// <summary>If the clock was set back, the bucket is dated anew, so that the wait does not become longer.</summary>
    private static bool Redate(SqliteConnection connection, Bucket bucket, DateTimeOffset now)
    {
        if (bucket.Ahead)
            SetLevel(connection, bucket, bucket.Level, now);
        return bucket.Ahead;
    }

    /// <summary>Adds a failure. True if the next one has to wait.</summary>
    private static bool Raise(SqliteConnection connection, Bucket bucket, DateTimeOffset now)
    {
        TimeSpan level = bucket.Limit.Add(bucket.Level, 1);
        SetLevel(connection, bucket, level, now);
        return bucket.Limit.Wait(level) > TimeSpan.Zero;
    }

    private static void SetLevel(SqliteConnection connection, Bucket bucket, TimeSpan level, DateTimeOffset now)
    {
        if (level == TimeSpan.Zero)
            connection.Run("DELETE FROM bucket WHERE subject = $subject", ("$subject", bucket.Subject));
        else
        {
            connection.Run(
                "INSERT INTO bucket (subject, empty) VALUES ($subject, $empty) ON CONFLICT (subject) DO UPDATE SET empty = excluded.empty",
                ("$subject", bucket.Subject), ("$empty", (now + level).ToStored()));
        }
    }

    /// <summary>A bucket as it is now.</summary>
    /// <param name="Subject">The subject, as a keyed hash.</param>
    /// <param name="Limit">Of its kind.</param>
    /// <param name="Level">The level.</param>
    /// <param name="Ahead">Whether its time lies in the future, because the clock was set back.</param>
    private sealed record Bucket(byte[] Subject, BucketLimit Limit, TimeSpan Level, bool Ahead);
}
