namespace Passpack.Health.Checks;

/// <summary>Counts over all entries, healthy ones included.</summary>
public sealed class HealthTotals
{
    private readonly int[] _ratings = new int[StrengthBands.Length];
    private readonly int[] _ages = new int[AgeBands.Length];

    /// <summary>The lower ends of the bands of strength, in bits of the rating.</summary>
    public static int[] StrengthBands { get; } = [0, 20, 35, 50, 64, 80, 128];

    /// <summary>The lower ends of the bands of age, in days.</summary>
    public static int[] AgeBands { get; } = [0, 90, 182, 365, 730, 1826];

    /// <summary>Entries that were opened.</summary>
    public int Entries { get; private set; }

    /// <summary>Those with a password.</summary>
    public int Passwords { get; private set; }

    /// <summary>Passwords in each band of <see cref="StrengthBands"/>.</summary>
    public IReadOnlyList<int> Ratings => _ratings;

    /// <summary>Passwords in each band of <see cref="AgeBands"/>.</summary>
    public IReadOnlyList<int> Ages => _ages;

    internal void Add(int? rating, int? days)
    {
        Entries++;
        if (rating is null || days is null)
            return;
        Passwords++;
        _ratings[Band(StrengthBands, rating.Value)]++;
        _ages[Band(AgeBands, days.Value)]++;
    }

    private static int Band(int[] bands, int value) => Math.Max(0, Array.FindLastIndex(bands, lower => value >= lower));
}
