using System.Security.Cryptography;
using Passpack.Server.Login;

namespace Passpack.Server.Storage;

/// <summary>
/// Judges an attempt by the buckets that count it: which rise, what is told, and what a success takes back. The store reads the buckets, asks here, and
/// writes what the verdict says, all in one transaction.
/// </summary>
internal sealed class AttemptJudge
{
    private readonly AttemptKeys keys;
    private readonly bool proved;
    private readonly DateTimeOffset now;
    private readonly Dictionary<byte[], DateTimeOffset> found = new(Subjects.Instance);
    private readonly Dictionary<byte[], DateTimeOffset?> written = new(Subjects.Instance);

    /// <param name="keys">The keys to count under.</param>
    /// <param name="proved">Whether the proof was right.</param>
    /// <param name="now">When.</param>
    /// <param name="buckets">When the buckets of <see cref="SubjectsOf"/> will be empty, as far as there are any.</param>
    private AttemptJudge(AttemptKeys keys, bool proved, DateTimeOffset now, IEnumerable<(byte[] Subject, DateTimeOffset Empty)> buckets)
    {
        (this.keys, this.proved, this.now) = (keys, proved, now);
        foreach ((byte[] subject, DateTimeOffset empty) in buckets)
            found[subject] = empty;
    }

    /// <summary>The buckets that have to be read.</summary>
    public static IReadOnlyList<byte[]> SubjectsOf(AttemptKeys keys) => keys.Device is not null ? [keys.Device]
        : keys.Address is null ? [Tries(keys), keys.Here, keys.Account] : [Tries(keys), keys.Here, keys.Account, keys.Address];

    /// <summary>Whether it is asked if an account is known at the attempt's network.</summary>
    public static bool AsksForPlace(AttemptKeys keys) => keys.Device is null && keys.Address is not null;

    /// <param name="keys">The keys to count under.</param>
    /// <param name="known">Whether the account is known at the attempt's network.</param>
    /// <param name="proved">Whether the proof was right.</param>
    /// <param name="now">When.</param>
    /// <param name="buckets">When the buckets of <see cref="SubjectsOf"/> will be empty, as far as there are any.</param>
    public static AttemptVerdict Judge(
        AttemptKeys keys, bool known, bool proved, DateTimeOffset now, IEnumerable<(byte[] Subject, DateTimeOffset Empty)> buckets)
    {
        var judge = new AttemptJudge(keys, proved, now, buckets);
        return keys.Device is null ? judge.OfLogin(known) : judge.OfDevice(keys.Device);
    }

    /// <summary>Adds one count to a bucket, if it fits.</summary>
    public static AttemptVerdict Spend(byte[] subject, BucketLimit limit, DateTimeOffset now, DateTimeOffset? empty)
    {
        Bucket bucket = BucketOf(subject, limit, empty, now);
        TimeSpan wait = limit.Wait(bucket.Level);
        return wait > TimeSpan.Zero
            ? new AttemptVerdict(wait, bucket.Ahead ? [(subject, EmptyAt(bucket.Level, now))] : [])
            : new AttemptVerdict(null, [(subject, EmptyAt(limit.Add(bucket.Level, 1), now))]) { MakesRoom = subject };
    }

    private AttemptVerdict OfDevice(byte[] subject)
    {
        Bucket device = Find(subject, LockoutPolicy.Device);
        TimeSpan wait = device.Limit.Wait(device.Level);
        if (wait > TimeSpan.Zero)
        {
            Redate(device);
            return Verdict(wait);
        }

        if (proved)
        {
            TakeBack([device], device);
            return Verdict(null) with { NotesPlace = keys.Address is not null };
        }

        bool lockedOut = Raise(device);
        return Verdict(null) with { LocksOut = lockedOut, Refuses = true, MakesRoom = subject };
    }

    /// <summary>
    /// Which buckets rise, and what is told of a wrong proof, is the same wherever an account is known and whether there is one: else the answers
    /// would tell it. Only whether a right proof is taken depends on where it comes from.
    /// </summary>
    private AttemptVerdict OfLogin(bool known)
    {
        // Every failure there, those during a lockout included: a right proof is taken there during one. A success takes back what the other has.
        Bucket tries = Find(Tries(keys), LockoutPolicy.Place);
        Bucket place = Find(keys.Here, LockoutPolicy.Place);
        Bucket account = Find(keys.Account, LockoutPolicy.Account);
        Bucket? address = keys.Address is null ? null : Find(keys.Address, LockoutPolicy.Address);
        List<Bucket> all = address is null ? [tries, place, account] : [tries, place, account, address];

        TimeSpan told = all.Max(bucket => bucket.Limit.Wait(bucket.Level)), here = tries.Limit.Wait(tries.Level);
        if (told > TimeSpan.Zero)
            all.ForEach(Redate);
        if (proved && (known ? here : told) == TimeSpan.Zero)
        {
            // Where an account is known its failures do not give an address room again: they could be repeated without end.
            TakeBack(known || address is null ? [account] : [account, address], place);
            if (tries.Level > TimeSpan.Zero)
                SetLevel(tries, TimeSpan.Zero);
            return Verdict(null) with { NotesPlace = address is not null };
        }

        TimeSpan? wait = told > TimeSpan.Zero ? told : null;
        if (proved || here > TimeSpan.Zero)
            return Verdict(wait);
        bool lockedOut = false;
        foreach (Bucket bucket in told == TimeSpan.Zero ? all : [tries])
            lockedOut |= Raise(bucket) && bucket != address;
        return Verdict(wait) with { LocksOut = lockedOut, Refuses = true, MakesRoom = keys.Here };
    }

    private static byte[] Tries(AttemptKeys keys) => SHA256.HashData(keys.Here);

    private AttemptVerdict Verdict(TimeSpan? wait) => new(wait, [.. written.Select(pair => (pair.Key, pair.Value))]);

    private Bucket Find(byte[] subject, BucketLimit limit) =>
        BucketOf(subject, limit, found.TryGetValue(subject, out DateTimeOffset empty) ? empty : null, now);

    private static Bucket BucketOf(byte[] subject, BucketLimit limit, DateTimeOffset? empty, DateTimeOffset now)
    {
        TimeSpan level = empty is { } at ? limit.Level(at, now) : TimeSpan.Zero;
        return new Bucket(subject, limit, level, empty > now + level);
    }

    /// <summary>
    /// A success cancels earlier failures at the same place only: otherwise an attacker with an account could clear an address between guesses at
    /// other accounts.
    /// </summary>
    private void TakeBack(List<Bucket> counted, Bucket own)
    {
        if (own.Level == TimeSpan.Zero)
            return;
        double failures = own.Limit.Count(own.Level);
        foreach (Bucket bucket in counted)
            SetLevel(bucket, bucket.Limit.Add(bucket.Level, -failures));
        SetLevel(own, TimeSpan.Zero);
    }

    /// <summary>If the clock was set back, the bucket is dated anew, so that the wait does not become longer.</summary>
    private void Redate(Bucket bucket)
    {
        if (bucket.Ahead)
            SetLevel(bucket, bucket.Level);
    }

    /// <summary>Adds a failure. True if the next one has to wait.</summary>
    private bool Raise(Bucket bucket)
    {
        TimeSpan level = bucket.Limit.Add(bucket.Level, 1);
        SetLevel(bucket, level);
        return bucket.Limit.Wait(level) > TimeSpan.Zero;
    }

    private void SetLevel(Bucket bucket, TimeSpan level) => written[bucket.Subject] = EmptyAt(level, now);

    private static DateTimeOffset? EmptyAt(TimeSpan level, DateTimeOffset now) => level == TimeSpan.Zero ? null : now + level;

    /// <summary>A bucket as it is now.</summary>
    /// <param name="Subject">The subject, as a keyed hash.</param>
    /// <param name="Limit">Of its kind.</param>
    /// <param name="Level">The level.</param>
    /// <param name="Ahead">Whether its time lies in the future, because the clock was set back.</param>
    private sealed record Bucket(byte[] Subject, BucketLimit Limit, TimeSpan Level, bool Ahead);

    /// <summary>Subjects by their bytes.</summary>
    private sealed class Subjects : IEqualityComparer<byte[]>
    {
        public static Subjects Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] subject)
        {
            var hash = new HashCode();
            hash.AddBytes(subject);
            return hash.ToHashCode();
        }
    }
}
