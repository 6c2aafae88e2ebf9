namespace Passpack.PowerShell;

/// <summary>The outcome for a row of an import; under -WhatIf, the outcome it would have.</summary>
public sealed class ImportResult
{
    internal ImportResult(Transfer.Importing.ImportResult result, string account, bool isPlan, EntryFormat? format = null)
    {
        Format = format;
        Row = result.Row;
        Line = result.Line;
        Name = result.Name;
        Id = result.Id;
        Action = EnumMap.To<Transfer.Importing.ImportAction, ImportAction>(result.Action);
        Reason = result.Reason;
        Kept = [.. result.Kept];
        Changed = [.. result.Changed];
        NoPlace = [.. result.NoPlace];
        Account = account;
        IsPlan = isPlan;
    }

    internal ImportResult(Vault.Backups.RestoreResult result, string account, bool isPlan)
    {
        Row = result.Row;
        Name = result.Name;
        Id = result.Id;
        Action = EnumMap.To<Vault.Backups.RestoreAction, ImportAction>(result.Action);
        Reason = result.Reason;
        Account = account;
        IsPlan = isPlan;
    }

    /// <summary>The row: 1 for the first after the header, the first object of JSON, or the first entry of a backup.</summary>
    public long Row { get; }

    /// <summary>The line of the file where the row starts. Null if it is unknown.</summary>
    public long? Line { get; }

    /// <summary>The Entry Name.</summary>
    public string Name { get; }

    /// <summary>The outcome.</summary>
    public ImportAction Action { get; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; }

    /// <summary>The entry.</summary>
    public Guid? Id { get; }

    /// <summary>The recognised format of the file. Null in a restore.</summary>
    public EntryFormat? Format { get; }

    /// <summary>Of another program's file: its fields that the entry holds as they were, each with its place; never a value.</summary>
    public string[] Kept { get; } = [];

    /// <summary>Its fields whose value the entry holds in another form, each with how; never a value.</summary>
    public string[] Changed { get; } = [];

    /// <summary>Its fields that an entry has no place for, each with what it is; never a value.</summary>
    public string[] NoPlace { get; } = [];

    /// <summary>The account that it was imported into.</summary>
    public string Account { get; }

    /// <summary>Whether this is a plan of -WhatIf.</summary>
    public bool IsPlan { get; }
}

/// <summary>The outcome for a row of an import.</summary>
public enum ImportAction
{
    /// <summary>A new entry.</summary>
    Added,

    /// <summary>An existing entry got the file's values.</summary>
    Updated,

    /// <summary>An existing entry had these values already.</summary>
    Unchanged,

    /// <summary>In a restore: the entry is in the trash now.</summary>
    Trashed,

    /// <summary>The item lies in the archive of another program, and was left out: -Archived Skip.</summary>
    Skipped,

    /// <summary>The row failed: see the reason.</summary>
    Failed,
}

/// <summary>What becomes of items that lie in the archive of another program.</summary>
public enum ArchivedItems
{
    /// <summary>They get the tag Archived.</summary>
    Tag,

    /// <summary>They go to this machine's trash.</summary>
    Trash,

    /// <summary>They are left out.</summary>
    Skip,
}
