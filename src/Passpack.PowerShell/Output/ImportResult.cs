namespace Passpack.PowerShell;

/// <summary>What became of a row of an import; under -WhatIf, what would become of it.</summary>
public sealed class ImportResult
{
    internal ImportResult(Transfer.Importing.ImportResult result, string account, bool isPlan, EntryFormat? format = null)
    {
        Format = format;
        Row = result.Row;
        Line = result.Line;
        Name = result.Name;
        Id = result.Id;
        Action = Enum.Parse<ImportAction>(result.Action.ToString());
        Reason = result.Reason;
        Account = account;
        IsPlan = isPlan;
    }

    internal ImportResult(Vault.Backups.RestoreResult result, string account, bool isPlan)
    {
        Row = result.Row;
        Name = result.Name;
        Id = result.Id;
        Action = Enum.Parse<ImportAction>(result.Action.ToString());
        Reason = result.Reason;
        Account = account;
        IsPlan = isPlan;
    }

    /// <summary>The row: 1 for the first after the header, the first object of JSON, or the first entry of a backup.</summary>
    public long Row { get; }

    /// <summary>The line of the file where the row starts, where that is known.</summary>
    public long? Line { get; }

    /// <summary>The Entry Name.</summary>
    public string Name { get; }

    /// <summary>What became of it.</summary>
    public ImportAction Action { get; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; }

    /// <summary>The entry.</summary>
    public Guid? Id { get; }

    /// <summary>The format that the file was taken for; null of a restore.</summary>
    public EntryFormat? Format { get; }

    /// <summary>The account that it was imported into.</summary>
    public string Account { get; }

    /// <summary>Whether it is a plan only, because of -WhatIf.</summary>
    public bool IsPlan { get; }
}

/// <summary>What became of a row of an import.</summary>
public enum ImportAction
{
    /// <summary>A new entry.</summary>
    Added,

    /// <summary>An entry that was there now holds what the file holds.</summary>
    Updated,

    /// <summary>An entry that was there holds just that.</summary>
    Unchanged,

    /// <summary>Of a restore: it is in the trash now.</summary>
    Trashed,

    /// <summary>Nothing: see the reason.</summary>
    Failed,
}
