namespace Passpack.Health.Checks;

/// <summary>One reason of one entry. It names entries and numbers, never a value.</summary>
/// <param name="Kind">The reason.</param>
/// <param name="Entry">The entry.</param>
public sealed record HealthFinding(HealthKind Kind, HealthEntry Entry)
{
    /// <summary>Of a weak password, its rating in bits.</summary>
    public int? Rating { get; init; }

    /// <summary>Of an old password, its age; of an expired entry, since when; of a rotation, since when it is under way. In days.</summary>
    public int? Days { get; init; }

    /// <summary>Of a breached password, how often it was found.</summary>
    public long? Breaches { get; init; }

    /// <summary>The host that the finding is about: one without one-time codes, or one that is reached by plain HTTP.</summary>
    public string? Host { get; init; }

    /// <summary>The entries that have the same, or a similar, password, or are alike; this one included.</summary>
    public HealthGroup? Group { get; init; }

    /// <summary>What is wrong, in a sentence.</summary>
    public string Description => Sentence() + ".";

    private string Sentence() => Kind switch
    {
        HealthKind.Weak => $"The password has a rating of {Rating} bits",
        HealthKind.Reused => $"The same password as {Group!.Others(Entry)}",
        HealthKind.Similar => $"Nearly the password of {Group!.Others(Entry)}",
        HealthKind.Old => $"The password is {Span(Days!.Value)} old",
        HealthKind.Expired => Days == 0 ? "Expired today" : $"Expired {Span(Days!.Value)} ago",
        HealthKind.Breached => Breaches == 1 ? "The password was in a breach" : $"The password was found {Breaches:N0} times in breaches",
        HealthKind.PlainHttp => $"{Host} is reached by plain HTTP, which others can read",
        HealthKind.Duplicate => $"For the same as {Group!.Others(Entry)}",
        HealthKind.NoTotp => $"{Host} offers one-time codes, and the entry has none",
        HealthKind.RotationUnfinished => $"A change of the password began {Span(Days!.Value)} ago, and is not finished",
        _ => throw new ArgumentOutOfRangeException(null, Kind, null),
    };

    private static string Span(int days) => days switch
    {
        1 => "1 day",
        < 730 => $"{days} days",
        _ => $"{days / 365} years",
    };
}
