namespace Passpack.PowerShell;

/// <summary>Something that is wrong with a vault.</summary>
public sealed class Finding
{
    internal Finding(Sync.Repair.VaultFinding finding, string account)
    {
        Account = account;
        Kind = finding.Kind.ToString();
        Id = finding.Id;
        Description = finding.Description;
        Repaired = finding.Repaired;
    }

    /// <summary>The account's User ID.</summary>
    public string Account { get; }

    /// <summary>What kind of thing: File, Reference, OnlineRecord, OwedRecord, Manifest, LocalRecord, Version, Other.</summary>
    public string Kind { get; }

    /// <summary>Of a record: the entry.</summary>
    public Guid? Id { get; }

    /// <summary>What is wrong, and what to do.</summary>
    public string Description { get; }

    /// <summary>What it was repaired with; null: it is as it was.</summary>
    public string? Repaired { get; }
}
