namespace Passpack.Vault.Backups;

/// <summary>The kinds of backups.</summary>
public enum BackupKind
{
    /// <summary>A file that Backup-PasspackVault made.</summary>
    File,

    /// <summary>A copy of the vault, sealed as it was, that the local account keeps by itself.</summary>
    Copy,

    /// <summary>A vault that was set aside.</summary>
    Quarantined,
}

/// <summary>The description of a backup without its key.</summary>
public sealed record BackupInfo
{
    /// <summary>The kind.</summary>
    public required BackupKind Kind { get; init; }

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>The account's User ID.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The address of the online account. Null if the account was offline, and of backup files, which do not hold it.</summary>
    public Uri? Server { get; init; }

    /// <summary>When it was made; of a quarantined vault, when it was set aside. Null if that is unknown.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Of a copy: the step before which it was made, or <c>daily</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>Entries that are not in the trash.</summary>
    public long Entries { get; init; }

    /// <summary>Entries in the trash.</summary>
    public long Trashed { get; init; }

    /// <summary>Earlier versions of entries.</summary>
    public long Versions { get; init; }

    /// <summary>The pack version of its keys.</summary>
    public int PackVersion { get; init; }

    /// <summary>Which key opens it.</summary>
    public BackupKeyKind Key { get; init; } = BackupKeyKind.PackingKey;

    /// <summary>Of a file: whether contents of attachments were left out. Copies never hold them: they lie beside the vault.</summary>
    public bool ExcludesAttachments { get; init; }

    /// <summary>Why it cannot be read. Null if it can.</summary>
    public PasspackException? Problem { get; init; }
}
