using System.Text.Json.Serialization;

namespace Passpack.Protocol;

/// <summary>What an event of a log says. A number never gets another meaning and is never used again; docs/events.md lists them.</summary>
public enum EventType
{
    /// <summary>Not an event.</summary>
    None = 0,

    /// <summary>The account was registered.</summary>
    Registered = 1,

    /// <summary>The Password was proved, for a token that sleeps. Beyond ten in an hour, the rest of the hour is one row.</summary>
    SignedIn = 2,

    /// <summary>Wrong proofs of the Password; a row an hour.</summary>
    Refused = 3,

    /// <summary>Failures that led to a lockout; a row an hour.</summary>
    LockedOut = 4,

    /// <summary>A device was woken for the first time.</summary>
    DeviceAdded = 5,

    /// <summary>A device that had a token got another one.</summary>
    DeviceWoken = 6,

    /// <summary>A device was revoked.</summary>
    DeviceRevoked = 7,

    /// <summary>The Password was changed; the count is that of the devices that were revoked by it.</summary>
    PasswordChanged = 8,

    /// <summary>The key record was replaced by one of the same epoch: another Packing Key.</summary>
    KeysChanged = 9,

    /// <summary>A new epoch began: the keys were replaced.</summary>
    KeysReplaced = 10,

    /// <summary>Pushes of one device; a row a day, with their number and the bytes of their bodies.</summary>
    Pushed = 11,

    /// <summary>Earlier versions under old keys were removed; a row an hour, with their number.</summary>
    VersionsPurged = 12,

    /// <summary>The removal of the account was asked for, without its keys.</summary>
    RemovalRequested = 13,

    /// <summary>A removal that was pending was cancelled.</summary>
    RemovalCancelled = 14,

    /// <summary>An account was removed. In the server's log, because that of the account goes with it.</summary>
    AccountRemoved = 15,

    /// <summary>A second factor is in force, or another one.</summary>
    SecondFactorSet = 16,

    /// <summary>The second factor was removed.</summary>
    SecondFactorRemoved = 17,

    /// <summary>An administrator made an invitation. In the administrator's log.</summary>
    Invited = 18,

    /// <summary>An administrator disabled the account. This and what follows stand in the account's log and in the server's.</summary>
    AccountDisabled = 19,

    /// <summary>An administrator enabled the account again.</summary>
    AccountEnabled = 20,

    /// <summary>An administrator set the account's quota; the bytes are it, 0 for the server's.</summary>
    QuotaSet = 21,

    /// <summary>An administrator said whether the account has to have a second factor: the count is 1 if so, else 0.</summary>
    SecondFactorDemanded = 22,

    /// <summary>An administrator forgot the failed proofs of the Password.</summary>
    LockoutReset = 23,

    /// <summary>An administrator revoked all devices; the count is their number.</summary>
    DevicesReset = 24,

    /// <summary>An administrator removed the second factor.</summary>
    SecondFactorReset = 25,

    /// <summary>An administrator gave a code with which the owner of the keys sets another Password.</summary>
    PasswordResetGiven = 26,

    /// <summary>The Password was set by such a code and the account's keys; the count is that of the devices that were revoked by it.</summary>
    PasswordReset = 27,

    /// <summary>The account became an administrator's.</summary>
    AdministratorGranted = 28,

    /// <summary>The account is no administrator's any more.</summary>
    AdministratorRevoked = 29,

    /// <summary>An administrator took an invitation back. In the administrator's log.</summary>
    InvitationRemoved = 30,

    /// <summary>A key file was made, which connects machines without the Password.</summary>
    KeyFileAdded = 31,

    /// <summary>A key file connected a machine. Beyond ten of one in an hour, the rest of the hour is one row.</summary>
    KeyFileUsed = 32,

    /// <summary>A shared vault was created.</summary>
    SharedVaultCreated = 33,

    /// <summary>A statement was appended to the log of a shared vault. The count is the number of its kind, as docs/pack-format.md has it.</summary>
    StatementTaken = 34,

    /// <summary>Somebody was invited to a shared vault.</summary>
    VaultInvitationMade = 35,

    /// <summary>An invitation to a shared vault was answered: in the logs of both.</summary>
    VaultInvitationAnswered = 36,

    /// <summary>The server was started.</summary>
    ServerStarted = 50,

    /// <summary>The database was brought to a schema, whose number is the count.</summary>
    ServerMigrated = 51,

    /// <summary>The database was backed up.</summary>
    ServerBackedUp = 52,
}

/// <summary>Who did what an event tells.</summary>
public enum EventActor
{
    /// <summary>Nobody.</summary>
    None = 0,

    /// <summary>Somebody with the account's Password, token or keys, or who tried to have them.</summary>
    Owner = 1,

    /// <summary>An administrator of the server.</summary>
    Administrator = 2,

    /// <summary>The server itself, because it was time.</summary>
    Server = 3,
}

/// <summary>The end of a log, or where a part of it begins: the number of an event and its hash.</summary>
/// <param name="Number">Of the event. 0: before the first.</param>
/// <param name="Hash">What names it, and all before it; 32 bytes.</param>
public sealed record LogHead(long Number, byte[] Hash)
{
    /// <summary>Whether it is the same.</summary>
    public bool IsSame(LogHead? other) => other is not null && Number == other.Number && Hash.AsSpan().SequenceEqual(other.Hash);
}

/// <summary>One event of a log. docs/events.md freezes what its hash is over.</summary>
/// <param name="Number">From 1 in each log, without gaps.</param>
/// <param name="Time">When it happened, in whole milliseconds; of a sum the last of what it sums.</param>
/// <param name="Type">An <see cref="EventType"/>, or a number that this client does not know.</param>
/// <param name="Actor">An <see cref="EventActor"/>, or a number that this client does not know.</param>
/// <param name="Device">The device that acted or, where one was revoked, that. Null if none is known.</param>
/// <param name="Since">Of a sum: where its hour or day begins. Null if the row is of one act.</param>
/// <param name="Count">How many acts it sums, or what its type says.</param>
/// <param name="Bytes">What its type says.</param>
/// <param name="Subject">In the server's log: the number of the account that it is about. 0 for none.</param>
/// <param name="AddressHash">HMAC-SHA-256 of the address under <paramref name="AddressKey"/>. Null if there was no address.</param>
/// <param name="AddressKey">32 random bytes, of this event alone. Erased with the address.</param>
/// <param name="Address">Where it came from. Null if there was none, or it was erased.</param>
public sealed record LoggedEvent(
    long Number, DateTimeOffset Time, int Type, int Actor, Guid? Device, DateTimeOffset? Since, long Count, long Bytes, long Subject,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? AddressHash = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? AddressKey = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Address = null);

/// <summary>What is being summed, and has no number yet: the server tells it, and no chain vouches for it.</summary>
/// <param name="Type">An <see cref="EventType"/>.</param>
/// <param name="Device">Whose. Null if it is not summed by device.</param>
/// <param name="Since">Where its hour or day begins.</param>
/// <param name="Time">The last of what it sums.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">What its type says.</param>
public sealed record OpenSum(int Type, Guid? Device, DateTimeOffset Since, DateTimeOffset Time, long Count, long Bytes);

/// <summary>A page of a log.</summary>
/// <param name="After">The event before the first one; later than what was asked for if the log begins later, because its beginning was removed.</param>
/// <param name="Events">In the order of their numbers, at most <see cref="Limits.EventsPerPage"/>.</param>
/// <param name="Head">The end of the log.</param>
/// <param name="Open">What is being summed.</param>
public sealed record EventPage(LogHead After, IReadOnlyList<LoggedEvent> Events, LogHead Head, IReadOnlyList<OpenSum> Open);
