using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>The description of an account on this machine without its keys.</summary>
public sealed class LocalAccount
{
    internal LocalAccount(AccountFolder folder)
    {
        LocalAccountInfo info = AccountInspector.Describe(folder);
        Account = info.UserId;
        Server = info.Server;
        CertificateFingerprint = info.CertificateFingerprint;
        Path = info.Path;
        Unlocked = UnlockedAccounts.Shared.Find(folder) is not null;
        State = (folder.Exists, info.Problem, Unlocked) switch
        {
            (false, _, _) => LocalAccountState.Quarantined,
            (_, not null, _) => LocalAccountState.Damaged,
            (_, _, true) => LocalAccountState.Unlocked,
            _ => LocalAccountState.Locked,
        };
        Entries = info.Entries;
        PendingChanges = info.PendingChanges;
        PackVersion = info.PackVersion;
        KeyEpoch = info.KeyEpoch;
        Fingerprint = info.Fingerprint;
        Alignment = EnumMap.To<Vault.Account.Alignment, Alignment>(info.Alignment);
        Checkpoint = info.Checkpoint?.ToString();
        LastSync = info.LastSync;
        LockAfterMinutes = info.LockAfterMinutes;
        HistoryVersions = info.HistoryVersions;
        HistoryDays = info.HistoryDays;
        Attachments = info.FetchesAttachments ? AttachmentMode.Always : AttachmentMode.OnDemand;
        Unattended = info.Unattended;
        Backups = [.. info.Backups];
        Quarantined = [.. info.Quarantined];
        Reset = info.Reset;
        Error = info.Problem;
    }

    /// <summary>Its User ID.</summary>
    public string Account { get; }

    /// <summary>The address of the online account. Null if the account is offline.</summary>
    public Uri? Server { get; }

    /// <summary>The SHA-256 of the certificate that the server has to show; null: one that a certificate authority vouches for.</summary>
    public string? CertificateFingerprint { get; }

    /// <summary>The vault file; if the vault was set aside, its place.</summary>
    public string Path { get; }

    /// <summary>Whether the account can be used.</summary>
    public LocalAccountState State { get; }

    /// <summary>Whether this process has it unlocked.</summary>
    public bool Unlocked { get; }

    /// <summary>Entries that are not in the trash.</summary>
    public long Entries { get; }

    /// <summary>The number of local changes for the next sync.</summary>
    public long PendingChanges { get; }

    /// <summary>The pack version of its keys.</summary>
    public int PackVersion { get; }

    /// <summary>How many keys the account has had, with the present ones: 1 until they are replaced.</summary>
    public int KeyEpoch { get; }

    /// <summary>The fingerprint of the account's present identity: the same on each of its machines. Null if the account is offline.</summary>
    public string? Fingerprint { get; }

    /// <summary>Whether its keys fit the online account's, according to the last sync or, if it was asked, the server.</summary>
    public Alignment Alignment { get; private set; }

    /// <summary>The point of the online account's history that this machine last verified: to be compared with other machines'.</summary>
    public string? Checkpoint { get; }

    /// <summary>When the last sync was completed.</summary>
    public DateTimeOffset? LastSync { get; }

    /// <summary>Idle minutes after which it locks by itself; 0 for never.</summary>
    public int LockAfterMinutes { get; }

    /// <summary>Versions of an entry that are kept.</summary>
    public int HistoryVersions { get; }

    /// <summary>Days that they are kept.</summary>
    public int HistoryDays { get; }

    /// <summary>Whether the server answered. Null if it was not asked.</summary>
    public bool? Reachable { get; private set; }

    /// <summary>Whether the server accepts this machine's token. Null if it was not asked, or the account is locked.</summary>
    public bool? TokenAccepted { get; private set; }

    /// <summary>When the server removes the online account. Null if no removal is pending, or the server was not asked.</summary>
    public DateTimeOffset? RemovalDue { get; private set; }

    /// <summary>Whether a sync fetches the contents of all attachments, or each when somebody asks for it.</summary>
    public AttachmentMode Attachments { get; }

    /// <summary>Whether <c>Unlock-PasspackVault -Unattended</c> has a key for it.</summary>
    public bool Unattended { get; }

    /// <summary>Encrypted copies of the vault, newest first.</summary>
    public string[] Backups { get; }

    /// <summary>Vaults that were set aside, newest first.</summary>
    public string[] Quarantined { get; }

    /// <summary>The progress of an interrupted reset, and where the data is. Null if there is none.</summary>
    public string? Reset { get; }

    /// <summary>Why the vault cannot be read, and the way out. Null if it can.</summary>
    public string? Problem => Error?.Message;

    internal PasspackException? Error { get; }

    /// <summary>Stores the server's answer: the error, or null if it accepted the account; and when it removes the account.</summary>
    internal void NoteOnline(PasspackException? error, bool isUnlocked, DateTimeOffset? removalDue)
    {
        RemovalDue = removalDue;
        Reachable = error?.ErrorId is not (
            ErrorCodes.ServerUnreachable or ErrorCodes.InsecureTransport or ErrorCodes.CertificateMismatch or ErrorCodes.ServerRefused);
        if (!isUnlocked || Reachable is false)
            Alignment = Alignment.Unknown;
        else
            (TokenAccepted, Alignment) = (error?.ErrorId != ErrorCodes.DeviceRevoked, error is null ? Alignment.Aligned : Alignment.Unknown);
    }

    /// <summary>Its User ID, so that the object itself serves as -Account.</summary>
    public override string ToString() => Account;
}

/// <summary>Whether a local account can be used.</summary>
public enum LocalAccountState
{
    /// <summary>The account has to be unlocked with its Packing Key.</summary>
    Locked,

    /// <summary>This process has it unlocked.</summary>
    Unlocked,

    /// <summary>The vault cannot be read: Problem says why.</summary>
    Damaged,

    /// <summary>The vault was set aside and there is no live one; Path is its place, Problem the way out.</summary>
    Quarantined,
}

/// <summary>Whether the keys of a local account fit the online account's.</summary>
public enum Alignment
{
    /// <summary>There is no online account.</summary>
    Offline,

    /// <summary>The keys are aligned.</summary>
    Aligned,

    /// <summary>The keys will be aligned after a conversion by the next sync or Update-PasspackLocalAccount.</summary>
    ConversionNeeded,

    /// <summary>The keys are of a pack version that is no longer converted: the vault can be read and backed up, but not synced.</summary>
    Misaligned,

    /// <summary>The online account, or the vault, is of a later version than this module knows.</summary>
    PackTooNew,

    /// <summary>The Packing Key was changed online: Update-PasspackLocalAccount -PackingKey takes it over.</summary>
    PackingKeyChanged,

    /// <summary>The keys were replaced online: Update-PasspackLocalAccount -PackingKey takes them over.</summary>
    KeysReplaced,

    /// <summary>The Password was changed online, or this device was revoked: Connect-PasspackAccount.</summary>
    DeviceRevoked,

    /// <summary>The vault cannot be read, or the server's answer proved nothing.</summary>
    Unknown,
}
