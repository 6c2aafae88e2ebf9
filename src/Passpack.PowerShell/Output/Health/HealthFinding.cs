namespace Passpack.PowerShell;

/// <summary>One reason why an entry wants attention. It names entries and numbers, never a value.</summary>
public sealed class HealthFinding
{
    internal HealthFinding(Health.Checks.HealthFinding finding, string account)
    {
        Kind = EnumMap.To<Health.Checks.HealthKind, HealthKind>(finding.Kind);
        Entry = finding.Entry.Name;
        Description = finding.Description;
        Rating = finding.Rating;
        Days = finding.Days;
        Breaches = finding.Breaches;
        Group = finding.Group?.Names ?? [];
        GroupId = finding.Group?.Ids ?? [];
        Account = account;
        Id = finding.Entry.Id;
    }

    /// <summary>The reason.</summary>
    public HealthKind Kind { get; }

    /// <summary>The Entry Name.</summary>
    public string Entry { get; }

    /// <summary>What is wrong, in a sentence.</summary>
    public string Description { get; }

    /// <summary>Of a weak password, its rating in bits.</summary>
    public int? Rating { get; }

    /// <summary>Days: the age of an old password; since when an entry has expired, or a rotation is under way.</summary>
    public int? Days { get; }

    /// <summary>Of a breached password, how often it was found.</summary>
    public long? Breaches { get; }

    /// <summary>The names of the entries that have the same, or a similar, password, or are for the same; this one included.</summary>
    public string[] Group { get; }

    /// <summary>Their ids.</summary>
    public Guid[] GroupId { get; }

    /// <summary>The User ID of the account.</summary>
    public string Account { get; }

    /// <summary>The entry's id: piped on, it says which entry is meant.</summary>
    public Guid Id { get; }
}
