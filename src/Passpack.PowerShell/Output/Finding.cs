namespace Passpack.PowerShell;

/// <summary>A problem of a vault.</summary>
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

    /// <summary>The kind: File, Reference, OnlineRecord, OwedRecord, Manifest, LocalRecord, Version, Account, Other.</summary>
    public string Kind { get; }

    /// <summary>Of a record: the entry.</summary>
    public Guid? Id { get; }

    /// <summary>What is wrong, and what to do.</summary>
    public string Description { get; }

    /// <summary>The source of the repair. Null if it was not repaired.</summary>
    public string? Repaired { get; }
}
