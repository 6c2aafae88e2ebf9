using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>What a token may do.</summary>
internal enum TokenState
{
    /// <summary>It was woken by the identity in force.</summary>
    Awake,

    /// <summary>It was woken by an identity that has a successor since.</summary>
    KeysReplaced,

    /// <summary>It came from a login, and no identity woke it.</summary>
    NeverWoken,

    /// <summary>It stands in a key file: it reads the keys and connects machines, and nothing else.</summary>
    KeyFile,
}

/// <summary>The account and device of a token.</summary>
internal sealed record DeviceSession(long Account, Guid Device, DateTimeOffset LastSeen, byte[] TokenHash, TokenState State)
{
    /// <summary>Whether an administrator disabled the account.</summary>
    public bool Disabled { get; init; }

    /// <summary>Whether the account has to have a second factor, and has none.</summary>
    public bool LacksSecondFactor { get; init; }

    /// <summary>The key file by which the device was connected; of a key file's own token that. Null of any other device.</summary>
    public Guid? KeyFile { get; init; }
}

/// <summary>A key record whose form is checked.</summary>
internal sealed record CheckedKeys(KeyRecord Record, KeyRecordContent Content);

/// <summary>What a key record of the next epoch brings with it.</summary>
/// <param name="Succession">How the epoch came about; its head is the newest manifest.</param>
/// <param name="Manifest">The epoch's first.</param>
/// <param name="Device">The device that asks; it alone stays awake.</param>
/// <param name="TokenHash">SHA-256 of the token that replaces the device's.</param>
/// <param name="Now">When.</param>
internal sealed record NewEpoch(Succession Succession, ManifestLink Manifest, DeviceSession Device, byte[] TokenHash, DateTimeOffset Now);

/// <summary>The outcome of a change that was signed, or proved, for a state that may have moved since.</summary>
internal enum ChangeOutcome
{
    /// <summary>It was made.</summary>
    Done,

    /// <summary>It was made before, by the same request.</summary>
    Repeated,

    /// <summary>The newest manifest is another one.</summary>
    HeadMoved,

    /// <summary>The key record is another one.</summary>
    KeysMoved,

    /// <summary>The Password is another one.</summary>
    LoginMoved,

    /// <summary>What it was about is not there, or no longer.</summary>
    NotThere,

    /// <summary>The new token is one that there is.</summary>
    TokenTaken,

    /// <summary>The account is not an administrator's.</summary>
    NotPermitted,

    /// <summary>An administrator asked that of his own account.</summary>
    NotOneself,
}
