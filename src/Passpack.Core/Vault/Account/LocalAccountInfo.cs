using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>The description of a local account without its keys.</summary>
public sealed record LocalAccountInfo
{
    /// <summary>The account's User ID, as it was first typed.</summary>
    public required string UserId { get; init; }

    /// <summary>The address of the online account. Null if the account is offline.</summary>
    public Uri? Server { get; init; }

    /// <summary>The fingerprint of the certificate that the server has to show; null: one that a certificate authority vouches for.</summary>
    public string? CertificateFingerprint { get; init; }

    /// <summary>
    /// The command that connects this machine to the online account, complete; with ADDRESS as a placeholder if the server is unknown.
    /// </summary>
    public string ConnectCommand =>
        VaultErrors.ConnectCommand(UserId, Server) + (CertificateFingerprint is null ? "" : $" -CertificateFingerprint {CertificateFingerprint}");

    /// <summary>The full path of the vault file.</summary>
    public required string Path { get; init; }

    /// <summary>Entries that are not in the trash.</summary>
    public long Entries { get; init; }

    /// <summary>Local changes that the next sync would handle: edits, new entries, and entries in the trash that it would restore.</summary>
    public long PendingChanges { get; init; }

    /// <summary>The pack version of the keys.</summary>
    public int PackVersion { get; init; }

    /// <summary>The epoch of the keys: 1 until they are replaced.</summary>
    public int KeyEpoch { get; init; }

    /// <summary>The fingerprint of the account's present identity, to be compared. Null if the account is offline.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Whether the keys go with the online account's, as the last sync saw it.</summary>
    public Alignment Alignment { get; init; } = Alignment.Unknown;

    /// <summary>What keeps the account from syncing, and the way out, according to the last sync. Null if no obstacle is known.</summary>
    public string? WayOut { get; init; }

    /// <summary>The online state that this machine last verified. Null before the first sync.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>When the last sync was completed.</summary>
    public DateTimeOffset? LastSync { get; init; }

    /// <summary>Idle minutes after which the account locks by itself. 0 if never.</summary>
    public int LockAfterMinutes { get; init; }

    /// <summary>Versions of an entry that are kept.</summary>
    public int HistoryVersions { get; init; }

    /// <summary>Days that they are kept.</summary>
    public int HistoryDays { get; init; }

    /// <summary>Whether a sync fetches the contents of all attachments.</summary>
    public bool FetchesAttachments { get; init; }

    /// <summary>Whether this user can unlock it on this machine without the Packing Key.</summary>
    public bool Unattended { get; init; }

    /// <summary>Encrypted copies of the vault outside the live file, newest first.</summary>
    public IReadOnlyList<string> Backups { get; init; } = [];

    /// <summary>Vaults that were set aside by a removal or an emergency reset, newest first.</summary>
    public IReadOnlyList<string> Quarantined { get; init; } = [];

    /// <summary>The progress of an interrupted reset, and where the data is. Null if there is none.</summary>
    public string? Reset { get; init; }

    /// <summary>Why the vault cannot be read. Null if it can.</summary>
    public PasspackException? Problem { get; init; }
}
