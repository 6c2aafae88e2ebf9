namespace Passpack.Packing.Keys;

/// <summary>Passpack's own strength figure for a key, in bits (design: pack-formats.md, section 7).</summary>
public static class KeyQuality
{
    /// <summary>The fewest characters of a Packing Key.</summary>
    public const int MinimumLength = 8;

    /// <summary>The rating advised for a Packing Key.</summary>
    public const int AdvisedForPackingKey = 80;

    /// <summary>The rating that a Packing Key needs for an online account, unless the user allows a weak key.</summary>
    public const int RequiredForOnlineAccount = 50;

    /// <summary>The rating that a Backup Key needs.</summary>
    public const int RequiredForBackupKey = 64;

    // Upper ends of the ranges of UTF-16 units, and the size of each range's pool as Passpack counts it (one too few).
    private static readonly (int Upper, int Size)[] s_pools =
        [(32, 32), (47, 14), (57, 9), (64, 6), (90, 25), (96, 5), (122, 25), (126, 3), (255, 129), (65535, 65279)];

    /// <summary>The rating, in bits; 0 for an empty key.</summary>
    /// <remarks>Keeps Passpack's own order of operations in doubles: another order sometimes differs by one bit.</remarks>
    public static int Rate(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty)
            return 0;
        var pools = new HashSet<int>();
        var deltas = new Dictionary<int, int>();
        var seen = new Dictionary<int, int>();
        double el = 0;
        int? previousDelta = null;
        for (int i = 0; i < key.Length; i++)
        {
            int unit = key[i];
            pools.Add(Array.FindIndex(s_pools, pool => unit <= pool.Upper));
            double factor = 1;
            if (i >= 1)
            {
                int delta = unit - key[i - 1];
                if (delta == previousDelta)
                {
                    deltas[delta] = 1;
                }
                else
                {
                    deltas[delta] = deltas.GetValueOrDefault(delta) + 1;
                    factor /= deltas[delta];
                }
                previousDelta = delta;
            }
            int count = seen[unit] = seen.GetValueOrDefault(unit) + 1;
            el += count == 1 ? factor : factor * (1.0 / count);
        }
        double total = pools.Sum(pool => s_pools[pool].Size);
        return (int)Math.Ceiling(el * Math.Log(total) / Math.Log(2));
    }
}
