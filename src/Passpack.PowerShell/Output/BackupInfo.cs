namespace Passpack.PowerShell;

/// <summary>The description of a backup without its key.</summary>
public sealed class BackupInfo
{
    internal BackupInfo(Vault.Backups.BackupInfo info)
    {
        Account = info.UserId;
        Server = info.Server;
        Kind = EnumMap.To<Vault.Backups.BackupKind, BackupKind>(info.Kind);
        Path = info.Path;
        Created = info.Created;
        Reason = info.Reason;
        Size = info.Size;
        Entries = info.Entries;
        Trashed = info.Trashed;
        Versions = info.Versions;
        PackVersion = info.PackVersion;
        OpensWith = EnumMap.To<Vault.Backups.BackupKeyKind, BackupKeyKind>(info.Key);
        ExcludesAttachments = info.ExcludesAttachments;
        Error = info.Problem;
    }

    /// <summary>The account's User ID.</summary>
    public string Account { get; }

    /// <summary>The address of the online account. Null if the account was offline, and for backup files, which do not hold it.</summary>
    public Uri? Server { get; }

    /// <summary>The kind.</summary>
    public BackupKind Kind { get; }

    /// <summary>The file, for Restore-PasspackVault.</summary>
    public string Path { get; }

    /// <summary>When the backup was made; of a quarantined vault, when it was set aside.</summary>
    public DateTimeOffset? Created { get; }

    /// <summary>Of a copy: the step before which it was made, or daily.</summary>
    public string? Reason { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    /// <summary>Entries that are not in the trash.</summary>
    public long Entries { get; }

    /// <summary>Entries in the trash.</summary>
    public long Trashed { get; }

    /// <summary>Earlier versions of entries.</summary>
    public long Versions { get; }

    /// <summary>The pack version of its keys.</summary>
    public int PackVersion { get; }

    /// <summary>Which key opens it: the Packing Key that the account had when it was made, or a Backup Key.</summary>
    public BackupKeyKind OpensWith { get; }

    /// <summary>Of a file: whether contents of attachments were left out. Copies never hold them: they lie beside the vault.</summary>
    public bool ExcludesAttachments { get; }

    /// <summary>Why it cannot be read. Null if it can.</summary>
    public string? Problem => Error?.Message;

    internal PasspackException? Error { get; }

    /// <summary>Its path, so that the object itself serves as -Path.</summary>
    public override string ToString() => Path;
}

/// <summary>The kinds of backups.</summary>
public enum BackupKind
{
    /// <summary>A file that Backup-PasspackVault or a reset made.</summary>
    File,

    /// <summary>A copy of the vault, sealed as it was, that the local account keeps by itself.</summary>
    Copy,

    /// <summary>A vault that was set aside.</summary>
    Quarantined,
}

/// <summary>Which key opens a backup.</summary>
public enum BackupKeyKind
{
    /// <summary>The Packing Key that the account had when it was made.</summary>
    PackingKey,

    /// <summary>A separate Backup Key.</summary>
    BackupKey,
}
