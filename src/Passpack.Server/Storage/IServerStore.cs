using Passpack.Protocol;
using Passpack.Server.Login;

namespace Passpack.Server.Storage;

/// <summary>
/// Everything that the server remembers, in verbs of its domain. Each method is one transaction, so several nodes may work on one database. Expected
/// outcomes (a name is taken, a revision has moved on) are results; a <see cref="StoreException"/> means that the database itself fails.
/// </summary>
internal interface IServerStore
{
    /// <summary>Creates or migrates the database. Called once, before anything else.</summary>
    /// <exception cref="StoreException">The database cannot be opened, or was written by a newer server.</exception>
    Task PrepareAsync(CancellationToken cancel);

    /// <summary>Returns when the database answers.</summary>
    Task CheckAsync(CancellationToken cancel);

    /// <summary>32 random bytes, made with the database; the constant answers for unknown User IDs are derived from them.</summary>
    Task<byte[]> GetSecretAsync(CancellationToken cancel);

    // Accounts

    /// <summary>Whether there is an account.</summary>
    Task<bool> HasAccountsAsync(CancellationToken cancel);

    /// <summary>Adds an account with its vault, key record, first manifest and first device.</summary>
    /// <param name="account">The account to add.</param>
    /// <param name="device">Its first device.</param>
    /// <param name="onlyFirst">Whether to add it only if there is no other account.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<AddOutcome> AddAccountAsync(NewAccount account, DeviceSignIn device, bool onlyFirst, CancellationToken cancel);

    /// <summary>The login of a normalized User ID. Null if there is none.</summary>
    Task<StoredLogin?> FindLoginAsync(string userId, CancellationToken cancel);

    /// <summary>The login of an account. Null if it was removed.</summary>
    Task<StoredLogin?> FindLoginAsync(long account, CancellationToken cancel);

    /// <summary>Replaces a login, and removes every device but one. False if the stored login is no longer the one that was found.</summary>
    Task<bool> ReplaceLoginAsync(StoredLogin found, NewLogin login, Guid keptDevice, CancellationToken cancel);

    /// <summary>
    /// Removes an account: from now on its User ID is free and its tokens are invalid. Its data is erased by <see cref="EraseRemovedAsync"/>. False
    /// if it was removed already.
    /// </summary>
    Task<bool> RemoveAccountAsync(long account, CancellationToken cancel);

    /// <summary>Erases a limited part of the data of removed accounts. True while there is more.</summary>
    Task<bool> EraseRemovedAsync(CancellationToken cancel);

    /// <summary>
    /// Counts an attempt that has been checked. Null if its outcome may be told; otherwise the time to wait, because of earlier failures. An attempt
    /// with a device's token is counted by that device alone. A login is counted by account, by address and by both together; a right one from a
    /// network where the account was proved before is refused only for what failed at that account there, while a wrong one is told the same from
    /// everywhere. An attempt during a lockout does not lengthen it. Judging and counting are one step, so attempts side by side cannot slip through
    /// together.
    /// </summary>
    /// <param name="keys">The keys to count under.</param>
    /// <param name="account">The account whose Password was tried. Null for an unknown User ID.</param>
    /// <param name="proved">
    /// Whether the proof was right. Then its network becomes one of the account's known networks, whose number is limited.
    /// </param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<TimeSpan?> CountAttemptAsync(AttemptKeys keys, long? account, bool proved, DateTimeOffset now, CancellationToken cancel);

    /// <summary>Adds one count to a bucket. Null if it fits; otherwise the time to wait.</summary>
    Task<TimeSpan?> SpendAsync(byte[] subject, BucketLimit limit, DateTimeOffset now, CancellationToken cancel);

    // Devices

    /// <summary>Stores a device's new token, which replaces an earlier one. False if the account was removed meanwhile.</summary>
    Task<bool> SignInDeviceAsync(long account, DeviceSignIn device, CancellationToken cancel);

    /// <summary>The device whose token has this SHA-256. Null if it is unknown or revoked.</summary>
    Task<DeviceSession?> FindDeviceAsync(byte[] tokenHash, CancellationToken cancel);

    /// <summary>Notes when a device was last seen.</summary>
    Task NoteDeviceSeenAsync(DeviceSession device, DateTimeOffset now, CancellationToken cancel);

    /// <summary>The devices of an account, the oldest first.</summary>
    Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(long account, CancellationToken cancel);

    /// <summary>Removes a device and its token. False if there is none.</summary>
    Task<bool> RemoveDeviceAsync(long account, Guid device, CancellationToken cancel);

    // Keys

    /// <summary>The key record of an account.</summary>
    Task<KeyRecord> GetKeyRecordAsync(long account, CancellationToken cancel);

    /// <summary>Replaces the key record. False unless the new generation is the stored one plus one.</summary>
    Task<bool> ReplaceKeyRecordAsync(long account, KeyRecord keys, CancellationToken cancel);

    // Vaults: null when the account has no such vault

    /// <summary>The changes after a position, up to a full page; on the last page with the head, out of the same transaction.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="after">Where the last page ended.</param>
    /// <param name="generation">The generation of the last manifest that the client knows. Null for none.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ChangeSlice?> ReadChangesAsync(VaultKey vault, PagePosition after, long? generation, CancellationToken cancel);

    /// <summary>The first <see cref="Limits.ManifestsPerPage"/> manifests between two generations, both excluded.</summary>
    Task<IReadOnlyList<ManifestLink>?> ReadManifestsAsync(VaultKey vault, long after, long before, CancellationToken cancel);

    /// <summary>The newest state of the existing records, as many as fit into one page.</summary>
    Task<IReadOnlyList<RecordChange>?> ReadRecordsAsync(VaultKey vault, IEnumerable<RecordKey> records, CancellationToken cancel);

    /// <summary>The earlier versions of a record below a version, newest first, as many as fit into one page.</summary>
    Task<VersionSlice?> ReadVersionsAsync(VaultKey vault, RecordKey record, long before, CancellationToken cancel);

    /// <summary>Stores a checked push, whole or not at all.</summary>
    Task<PushOutcome?> ApplyPushAsync(VaultKey vault, Push push, CancellationToken cancel);

    // Upkeep, over all accounts

    /// <summary>Examines a limited number of earlier versions, and removes those beyond the retention.</summary>
    /// <param name="retention">The retention.</param>
    /// <param name="after">The end of the previous part; the default value to begin.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>The end of this part. Null if it was the last.</returns>
    Task<SweepPosition?> RemoveExpiredAsync(Retention retention, SweepPosition after, DateTimeOffset now, CancellationToken cancel);

    /// <summary>Deletes the answers to a limited number of pushes that were accepted before a time. True while there are more.</summary>
    Task<bool> ForgetPushesAsync(DateTimeOffset before, CancellationToken cancel);
}
