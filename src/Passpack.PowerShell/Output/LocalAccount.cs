using Passpack.Vault;

namespace Passpack.PowerShell;

/// <summary>An account on this machine, as it shows itself without its keys.</summary>
public sealed class LocalAccount
{
    internal LocalAccount(AccountFolder folder)
    {
        LocalAccountInfo info = VaultFiles.Describe(folder);
        Account = info.UserId;
        Server = info.Server;
        Path = info.Path;
        Unlocked = UnlockedAccounts.Shared.Find(folder) is not null;
        Entries = info.Entries;
        PendingChanges = info.PendingChanges;
        PackVersion = info.PackVersion;
        Alignment = info.Problem is not null ? Alignment.Unknown : info.Server is null ? Alignment.Offline : Alignment.Aligned;
        Checkpoint = info.Checkpoint?.ToString();
        LastSync = info.LastSync;
        LockAfterMinutes = info.LockAfterMinutes;
        Unattended = info.Unattended;
        Backups = [.. info.Backups];
        Quarantined = [.. info.Quarantined];
        Error = info.Problem;
    }

    /// <summary>Its User ID.</summary>
    public string Account { get; }

    /// <summary>The address of the online account; null while it is offline.</summary>
    public Uri? Server { get; }

    /// <summary>The vault file.</summary>
    public string Path { get; }

    /// <summary>Whether this process has it unlocked.</summary>
    public bool Unlocked { get; }

    /// <summary>Entries that are not in the trash.</summary>
    public long Entries { get; }

    /// <summary>What the next sync would take up.</summary>
    public long PendingChanges { get; }

    /// <summary>The pack version of its keys.</summary>
    public int PackVersion { get; }

    /// <summary>Whether its keys go with the online account's.</summary>
    public Alignment Alignment { get; }

    /// <summary>The point of the online account's history that this machine last verified: to be compared with other machines'.</summary>
    public string? Checkpoint { get; }

    /// <summary>When the last sync was completed.</summary>
    public DateTimeOffset? LastSync { get; }

    /// <summary>Idle minutes after which it locks by itself; 0: never.</summary>
    public int LockAfterMinutes { get; }

    /// <summary>Whether <c>Unlock-PasspackVault -Unattended</c> has a key for it.</summary>
    public bool Unattended { get; }

    /// <summary>Encrypted copies of the vault, newest first.</summary>
    public string[] Backups { get; }

    /// <summary>Vaults that were set aside, newest first.</summary>
    public string[] Quarantined { get; }

    /// <summary>Why the vault cannot be read; null while it can.</summary>
    public string? Problem => Error?.Message;

    internal PasspackException? Error { get; }

    /// <summary>Its User ID, so that the object itself serves as -Account.</summary>
    public override string ToString() => Account;
}

/// <summary>Whether the keys of a local account can be brought in line with the online account's.</summary>
public enum Alignment
{
    /// <summary>There is no online account.</summary>
    Offline,

    /// <summary>They can.</summary>
    Aligned,

    /// <summary>They cannot any more.</summary>
    Misaligned,

    /// <summary>The vault cannot be read.</summary>
    Unknown,
}
