using Passpack.Protocol;
using Passpack.Server.Login;

namespace Passpack.Server.Storage;

/// <summary>
/// Everything that the server remembers, in verbs of its domain. Each method is one transaction, so several nodes may work on one
/// database. What can be expected to happen (a name is taken, a revision has moved on) is a result; a <see cref="StoreException"/>
/// means that the database itself fails.
/// </summary>
internal interface IServerStore
{
    /// <summary>Creates or migrates the database. Called once, before anything else.</summary>
    /// <exception cref="StoreException">It cannot be opened, or a newer server has written it.</exception>
    Task PrepareAsync(CancellationToken cancel);

    /// <summary>Returns when the database answers.</summary>
    Task CheckAsync(CancellationToken cancel);

    /// <summary>32 random bytes, made with the database: what lasting answers about unknown User IDs are derived from.</summary>
    Task<byte[]> GetSecretAsync(CancellationToken cancel);

    // Accounts

    /// <summary>Whether there is an account.</summary>
    Task<bool> HasAccountsAsync(CancellationToken cancel);

    /// <summary>An account with its vault, key record, first manifest and first device.</summary>
    /// <param name="account">What it is.</param>
    /// <param name="device">Its first device.</param>
    /// <param name="onlyFirst">Whether only if there is no other account.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<AddOutcome> AddAccountAsync(NewAccount account, DeviceSignIn device, bool onlyFirst, CancellationToken cancel);

    /// <summary>What a login by this normalized User ID is checked against; null when there is none.</summary>
    Task<StoredLogin?> FindLoginAsync(string userId, CancellationToken cancel);

    /// <summary>What the account's own proof is checked against.</summary>
    Task<StoredLogin?> FindLoginAsync(long account, CancellationToken cancel);

    /// <summary>
    /// Replaces what logins are checked against, and forgets every device but one; false when the login is not the one that was found
    /// any more.
    /// </summary>
    Task<bool> ReplaceLoginAsync(StoredLogin found, NewLogin login, Guid keptDevice, CancellationToken cancel);

    /// <summary>
    /// Takes an account away: its User ID is free and its tokens are void from here on. What it held is erased by
    /// <see cref="EraseRemovedAsync"/>. False when it is gone already.
    /// </summary>
    Task<bool> RemoveAccountAsync(long account, CancellationToken cancel);

    /// <summary>Erases a bounded part of what removed accounts held; true while there is more.</summary>
    Task<bool> EraseRemovedAsync(CancellationToken cancel);

    /// <summary>
    /// Counts one attempt that has already been checked, and says whether its outcome may be told: null, or the time to wait when
    /// earlier failures still lock it out. An attempt with a device's token is counted by that device alone. A login is counted by account, by
    /// address and by both together; a right one from a network where the account was proved before is refused only for what failed at that account
    /// there, while a wrong one is told the same from everywhere. An attempt during a lockout does not lengthen it. Judging and counting are one
    /// step, so attempts side by side cannot slip through together.
    /// </summary>
    /// <param name="keys">Under what.</param>
    /// <param name="account">Whose Password was tried; null for an unknown User ID.</param>
    /// <param name="proved">Whether it was right. Then its network is known from now on, one of a bounded number.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<TimeSpan?> CountAttemptAsync(AttemptKeys keys, long? account, bool proved, DateTimeOffset now, CancellationToken cancel);

    /// <summary>Puts one into a bucket; null, or the time to wait when it is full.</summary>
    Task<TimeSpan?> SpendAsync(byte[] subject, BucketLimit limit, DateTimeOffset now, CancellationToken cancel);

    // Devices

    /// <summary>Gives a device of the account a token, in place of the one that it had; false when the account was removed meanwhile.</summary>
    Task<bool> SignInDeviceAsync(long account, DeviceSignIn device, CancellationToken cancel);

    /// <summary>Whose token has this SHA-256; null when unknown or revoked.</summary>
    Task<DeviceSession?> FindDeviceAsync(byte[] tokenHash, CancellationToken cancel);

    /// <summary>Notes when a device was last seen.</summary>
    Task NoteDeviceSeenAsync(DeviceSession device, DateTimeOffset now, CancellationToken cancel);

    /// <summary>The devices of an account, the oldest first.</summary>
    Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(long account, CancellationToken cancel);

    /// <summary>Forgets a device and its token; false when there is none.</summary>
    Task<bool> RemoveDeviceAsync(long account, Guid device, CancellationToken cancel);

    // Keys

    /// <summary>The key record of an account.</summary>
    Task<KeyRecord> GetKeyRecordAsync(long account, CancellationToken cancel);

    /// <summary>Replaces the key record; false unless the new generation is the stored one plus one.</summary>
    Task<bool> ReplaceKeyRecordAsync(long account, KeyRecord keys, CancellationToken cancel);

    // Vaults: null when the account has no such vault

    /// <summary>The changes after a position, up to a full page; on the last page with the head, out of the same transaction.</summary>
    /// <param name="vault">Whose.</param>
    /// <param name="after">Where the last page ended.</param>
    /// <param name="generation">Of the last manifest that the client knows; null for none.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ChangeSlice?> ReadChangesAsync(VaultKey vault, PagePosition after, long? generation, CancellationToken cancel);

    /// <summary>The first <see cref="Limits.ManifestsPerPage"/> manifests between two generations, both excluded.</summary>
    Task<IReadOnlyList<ManifestLink>?> ReadManifestsAsync(VaultKey vault, long after, long before, CancellationToken cancel);

    /// <summary>The newest state of those of the records that exist, as far as one page holds them.</summary>
    Task<IReadOnlyList<RecordChange>?> ReadRecordsAsync(VaultKey vault, IEnumerable<RecordKey> records, CancellationToken cancel);

    /// <summary>The earlier versions of a record below a version, the newest first, as far as one page holds them.</summary>
    Task<VersionSlice?> ReadVersionsAsync(VaultKey vault, RecordKey record, long before, CancellationToken cancel);

    /// <summary>Takes a checked push in, whole or not at all.</summary>
    Task<PushOutcome?> ApplyPushAsync(VaultKey vault, Push push, CancellationToken cancel);

    // Upkeep, over all accounts

    /// <summary>Removes what the bounds no longer keep from a bounded number of earlier versions.</summary>
    /// <param name="retention">The bounds.</param>
    /// <param name="after">Where the part before ended; the default to begin.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>Where this part ended; null when it was the last.</returns>
    Task<SweepPosition?> RemoveExpiredAsync(Retention retention, SweepPosition after, DateTimeOffset now, CancellationToken cancel);

    /// <summary>Forgets the answers to a bounded number of pushes that were accepted before a time; true while there are more.</summary>
    Task<bool> ForgetPushesAsync(DateTimeOffset before, CancellationToken cancel);
}
