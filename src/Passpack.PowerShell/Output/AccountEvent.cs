using Passpack.Sync.Client;
using Passpack.Vault.Account;

namespace Passpack.PowerShell;

// PowerShell reads the exported types before deps/ can be loaded, so the protocol's enums cannot be used. Members are matched by number.
#pragma warning disable CS1591 // docs/en-US/Get-PasspackEvent.md says what each means.

/// <summary>What an event says; one that this module does not know shows as its number.</summary>
public enum EventKind
{
    None = 0,
    Registered = 1,
    SignedIn = 2,
    Refused = 3,
    LockedOut = 4,
    DeviceAdded = 5,
    DeviceWoken = 6,
    DeviceRevoked = 7,
    PasswordChanged = 8,
    KeysChanged = 9,
    KeysReplaced = 10,
    Pushed = 11,
    VersionsPurged = 12,
    RemovalRequested = 13,
    RemovalCancelled = 14,
    AccountRemoved = 15,
    SecondFactorSet = 16,
    SecondFactorRemoved = 17,
    Invited = 18,
    AccountDisabled = 19,
    AccountEnabled = 20,
    QuotaSet = 21,
    SecondFactorDemanded = 22,
    LockoutReset = 23,
    DevicesReset = 24,
    SecondFactorReset = 25,
    PasswordResetGiven = 26,
    PasswordReset = 27,
    AdministratorGranted = 28,
    AdministratorRevoked = 29,
    InvitationRemoved = 30,
    KeyFileAdded = 31,
    KeyFileUsed = 32,
    SharedVaultCreated = 33,
    StatementTaken = 34,
    VaultInvitationMade = 35,
    VaultInvitationAnswered = 36,
    ServerStarted = 50,
    ServerMigrated = 51,
    ServerBackedUp = 52,
}

/// <summary>Who did what an event tells.</summary>
public enum EventOrigin
{
    None = 0,
    Owner = 1,
    Administrator = 2,
    Server = 3,
}
#pragma warning restore CS1591

/// <summary>An event of an online account's log.</summary>
public sealed class AccountEvent
{
    internal AccountEvent(OnlineEvent told, string? device, LocalVault vault)
    {
        Number = told.Number;
        Time = told.Time;
        Type = (EventKind)told.Type;
        Actor = (EventOrigin)told.Actor;
        Device = device;
        DeviceId = told.Device;
        From = told.Address;
        Since = told.Since;
        Times = told.Count;
        Bytes = told.Bytes;
        Account = vault.UserId;
    }

    /// <summary>Its number in the log. Null if it is being summed, and no chain vouches for it yet.</summary>
    public long? Number { get; }

    /// <summary>When it happened, by the server's clock; of a sum the last of what it sums.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>What happened.</summary>
    public EventKind Type { get; }

    /// <summary>Who did it.</summary>
    public EventOrigin Actor { get; }

    /// <summary>The name of the device that acted, or that was revoked. Null if it is not among the devices any more.</summary>
    public string? Device { get; }

    /// <summary>The id of that device. Null if none is known.</summary>
    public Guid? DeviceId { get; }

    // Not "Address" or "Count": an array has members of these names, which PowerShell finds before those of its elements.
    /// <summary>The address that it came from. Null if that is not known, or is older than 30 days.</summary>
    public string? From { get; }

    /// <summary>Of a sum: where its hour or day begins. Null if it is no sum.</summary>
    public DateTimeOffset? Since { get; }

    /// <summary>How many acts it sums, or what its type says.</summary>
    public long Times { get; }

    /// <summary>Of pushes: the bytes that were sent.</summary>
    public long Bytes { get; }

    /// <summary>The User ID of the account.</summary>
    public string Account { get; }

    /// <summary>Its number and type.</summary>
    public override string ToString() => Number is null ? $"{Type}" : $"{Number} {Type}";
}
