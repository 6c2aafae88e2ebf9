using Passpack.Protocol;
using Passpack.Server.Login;

namespace Passpack.Server.Storage;

/// <summary>
/// Everything that the server remembers, in verbs of its domain. Each method is one transaction, so several nodes may work on one database. Expected
/// outcomes (a name is taken, a revision has moved on) are results; a <see cref="StoreException"/> means that the database itself fails.
/// </summary>
internal partial interface IServerStore
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

    /// <summary>Replaces a login, and removes every token but one device's, unless the login or the newest manifest moved since they were read.</summary>
    Task<ChangeOutcome> ReplaceLoginAsync(
        StoredLogin found, NewLogin login, Guid keptDevice, ManifestName head, Act act, CancellationToken cancel);

    /// <summary>
    /// Removes an account, unless its newest manifest is another one: from now on its User ID is free and its tokens are invalid. Its data is erased by
    /// <see cref="EraseRemovedAsync"/>.
    /// </summary>
    Task<ChangeOutcome> RemoveAccountAsync(long account, ManifestName head, Act act, CancellationToken cancel);

    /// <summary>Notes that an account is to be removed, unless that is noted already. Null if it was removed.</summary>
    /// <param name="account">The account.</param>
    /// <param name="removal">Names the removal, if it is the first.</param>
    /// <param name="times">After which time.</param>
    /// <param name="act">Who, and when.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<PendingRemoval?> RequestRemovalAsync(long account, Guid removal, RemovalTimes times, Act act, CancellationToken cancel);

    /// <summary>Forgets a removal that is pending, unless the newest manifest is another one.</summary>
    Task<ChangeOutcome> CancelRemovalAsync(long account, Guid removal, ManifestName head, Act act, CancellationToken cancel);

    /// <summary>Removes a limited number of accounts whose removal is due. True while there are more.</summary>
    Task<bool> RemoveDueAsync(DateTimeOffset now, CancellationToken cancel);

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

    /// <summary>
    /// Stores a token that sleeps until it is woken, beside whatever the device has. Answers with the account's keys; null if it was removed meanwhile.
    /// </summary>
    Task<KeysAnswer?> SignInDeviceAsync(long account, DeviceSignIn device, CancellationToken cancel);

    /// <summary>
    /// Gives a device a new token, which is awake, in place of the one that asks and of whatever the device has, unless the newest manifest is another one.
    /// </summary>
    Task<ChangeOutcome> WakeDeviceAsync(DeviceSession device, byte[] tokenHash, ManifestName head, Act act, CancellationToken cancel);

    /// <summary>Adds a key file, whose token connects machines, unless the newest manifest is another one. A repeat changes nothing.</summary>
    Task<ChangeOutcome> AddKeyFileAsync(long account, DeviceSignIn keyFile, ManifestName head, CancellationToken cancel);

    /// <summary>
    /// Adds a machine, awake, that a key file connects and whose token goes with it, and notes that in the log, unless the newest manifest is another one.
    /// A repeat changes nothing.
    /// </summary>
    Task<ChangeOutcome> ConnectByKeyFileAsync(DeviceSession keyFile, DeviceSignIn machine, ManifestName head, CancellationToken cancel);

    /// <summary>The device whose token has this SHA-256. Null if it is unknown or revoked.</summary>
    Task<DeviceSession?> FindDeviceAsync(byte[] tokenHash, CancellationToken cancel);

    /// <summary>Notes when a device was last seen.</summary>
    Task NoteDeviceSeenAsync(DeviceSession device, DateTimeOffset now, CancellationToken cancel);

    /// <summary>The devices of an account that were ever woken, and its key files, the oldest first; machines that key files connected are counted there.</summary>
    Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(long account, CancellationToken cancel);

    /// <summary>Removes a device and its tokens, with a key file the machines that it connected, unless the newest manifest is another one.</summary>
    Task<ChangeOutcome> RemoveDeviceAsync(long account, Guid device, ManifestName head, Act act, CancellationToken cancel);

    // Keys

    /// <summary>The keys of an account, and where it stands. Null if it was removed.</summary>
    Task<KeysAnswer?> GetKeysAsync(long account, CancellationToken cancel);

    /// <summary>
    /// Replaces the key record, if the new generation is the stored one plus one. Of the next epoch also the newest manifest, which must be the one that the
    /// succession names, and the token of the device that asks; all other tokens sleep.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="keys">The new key record.</param>
    /// <param name="successor">If it is of the next epoch. Null if it is of the same.</param>
    /// <param name="act">Who, and when.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ChangeOutcome> ReplaceKeyRecordAsync(long account, CheckedKeys keys, NewEpoch? successor, Act act, CancellationToken cancel);

    // Vaults: null when the account has no such vault

    /// <summary>The changes after a position, up to a full page; on the last page with the head, out of the same transaction.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="after">Where the last page ended.</param>
    /// <param name="wish">What the head is to say.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ChangeSlice?> ReadChangesAsync(VaultKey vault, PagePosition after, HeadWish wish, CancellationToken cancel);

    /// <summary>The same, with a head that says nothing of shared vaults.</summary>
    Task<ChangeSlice?> ReadChangesAsync(VaultKey vault, PagePosition after, long? generation, CancellationToken cancel) =>
        ReadChangesAsync(vault, after, new HeadWish(generation), cancel);

    /// <summary>The first <see cref="Limits.ManifestsPerPage"/> manifests between two generations, both excluded.</summary>
    Task<IReadOnlyList<ManifestLink>?> ReadManifestsAsync(VaultKey vault, long after, long before, CancellationToken cancel);

    /// <summary>The newest state of the existing records, as many as fit into one page.</summary>
    Task<IReadOnlyList<RecordChange>?> ReadRecordsAsync(VaultKey vault, IEnumerable<RecordKey> records, CancellationToken cancel);

    /// <summary>The earlier versions of a record below a version, newest first, as many as fit into one page.</summary>
    Task<VersionSlice?> ReadVersionsAsync(VaultKey vault, RecordKey record, long before, CancellationToken cancel);

    /// <summary>What a push under an id is judged by.</summary>
    Task<PushBase?> FindPushBaseAsync(VaultKey vault, Guid pushId, CancellationToken cancel);

    /// <summary>Stores a checked push, whole or not at all.</summary>
    Task<PushOutcome?> ApplyPushAsync(VaultKey vault, Push push, CancellationToken cancel);

    /// <summary>Notes in the vault's queue (<see cref="PushQueue"/>) that a device's push was refused because others were first. How many are ahead; null if it has no place.</summary>
    Task<int?> QueueAsync(VaultKey vault, Guid device, DateTimeOffset now, CancellationToken cancel);

    /// <summary>Removes the earlier versions, among a limited number of them, whose header names an epoch before one.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="epoch">The first epoch that is kept.</param>
    /// <param name="head">The newest manifest that there has to be. Null if any will do, because an earlier part found it.</param>
    /// <param name="after">The end of the previous part. Null to begin.</param>
    /// <param name="act">Who, and when.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>The part. Null if the newest manifest is another one.</returns>
    Task<PurgePart?> PurgeAsync(VaultKey vault, int epoch, ManifestName? head, VersionPosition? after, Act act, CancellationToken cancel);

    // Upkeep, over all accounts

    /// <summary>Deletes a limited number of tokens that came before a time and were never woken. True while there are more.</summary>
    Task<bool> ForgetSignInsAsync(DateTimeOffset before, CancellationToken cancel);

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
