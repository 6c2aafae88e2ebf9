namespace Passpack.Health.Checks;

/// <summary>What is looked for.</summary>
public sealed record HealthOptions
{
    /// <summary>The rating that a password needs.</summary>
    public const int DefaultRating = Packing.Keys.KeyQuality.RequiredForOnlineAccount;

    /// <summary>After so many days a password is old.</summary>
    public const int DefaultDays = 365;

    /// <summary>Only these; empty for all.</summary>
    public IReadOnlyCollection<HealthKind> Kinds { get; init; } = [];

    /// <summary>The rating in bits below which a password is weak.</summary>
    public int MinimumRating { get; init; } = DefaultRating;

    /// <summary>The days after which a password is old.</summary>
    public int OldAfterDays { get; init; } = DefaultDays;

    /// <summary>Hosts that offer one-time codes, their subdomains included; an address stands for its host.</summary>
    public IReadOnlyCollection<string> TotpHosts { get; init; } = [];

    internal bool Wants(HealthKind kind) => Kinds.Count == 0 || Kinds.Contains(kind);
}
