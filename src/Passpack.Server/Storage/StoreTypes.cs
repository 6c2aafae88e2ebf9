using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>A vault's id together with its account, so that no method can answer for a vault of another account.</summary>
/// <param name="Account">Whose quota it counts on: of a shared vault, its founder's.</param>
/// <param name="Vault">Its id.</param>
/// <param name="As">Of a shared vault, the member that asks: each transaction looks whether it is one. Null: it is the account's own.</param>
internal readonly record struct VaultKey(long Account, Guid Vault, Membership? As = null)
{
    /// <summary>The account that asks.</summary>
    public long Asker => As?.Account ?? Account;

    /// <summary>The vault, whoever asks.</summary>
    public VaultKey ForAll => this with { As = null };
}

/// <summary>
/// An account to be. <paramref name="UserId"/> is normalized; the proof is kept as a salted hash only. <paramref name="Place"/> is the owner's known
/// network, as in <see cref="AttemptKeys"/>; null if none is.
/// </summary>
internal sealed record NewAccount(
    string UserId, byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash, CheckedKeys Keys, ManifestLink Manifest,
    DateTimeOffset Now, byte[]? Place = null)
{
    /// <summary>The most bytes of all accounts including this one. Null for no limit.</summary>
    public long? TotalQuotaBytes { get; init; }

    /// <summary>The hash of the invitation that the account uses up. Null for none.</summary>
    public byte[]? Invitation { get; init; }
}

/// <summary>The outcome of adding an account.</summary>
internal enum AddOutcome
{
    /// <summary>The account was added.</summary>
    Added,

    /// <summary>Its User ID is taken.</summary>
    Taken,

    /// <summary>The account had to be the first, and there is another; the answer does not name it.</summary>
    NotFirst,

    /// <summary>All accounts together would exceed their quota.</summary>
    Full,

    /// <summary>The invitation is not there, or was used.</summary>
    NotInvited,
}

/// <summary>An invitation to be.</summary>
/// <param name="Hash">Of its text.</param>
/// <param name="Administrator">Whether the account that registers with it is an administrator's.</param>
/// <param name="Expires">Until when it holds.</param>
/// <param name="Quota">The most bytes that the account may hold. Null: as the server says.</param>
internal sealed record NewInvitation(byte[] Hash, bool Administrator, DateTimeOffset Expires, long? Quota = null);

/// <summary>The stored values that a login is checked against.</summary>
internal sealed record StoredLogin(long Account, string UserId, byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash)
{
    /// <summary>Null if none is in force.</summary>
    public StoredSecondFactor? SecondFactor { get; init; }

    /// <summary>Whether an administrator disabled the account.</summary>
    public bool Disabled { get; init; }

    /// <summary>Whether it has to have a second factor.</summary>
    public bool NeedsSecondFactor { get; init; }

    /// <summary>How often an administrator forgot its failed proofs: since then they are counted under other keys.</summary>
    public long LockoutResets { get; init; }
}

/// <summary>The new values that logins are checked against.</summary>
internal sealed record NewLogin(byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash);

/// <summary>The keys under which an attempt is counted: keyed hashes, because a mistyped User ID may be a Password.</summary>
/// <param name="Account">The User ID, wherever it was tried.</param>
/// <param name="Place">The User ID at the network where it was tried; by this, too, a known network is known again.</param>
/// <param name="Address">The network. Null if it is not counted.</param>
/// <param name="Device">The device whose token came with the attempt. Null for a login.</param>
internal sealed record AttemptKeys(byte[] Account, byte[] Place, byte[]? Address, byte[]? Device = null)
{
    /// <summary>The address itself, for the account's log. Null if there is none.</summary>
    public string? From { get; init; }

    /// <summary>Under which the failures at <see cref="Place"/> are counted: another one after each reset of the lockout.</summary>
    public byte[] Here { get; init; } = Place;
}

/// <summary>A device about to hold a new token.</summary>
internal sealed record DeviceSignIn(Guid Id, string Name, byte[] TokenHash, DateTimeOffset Now)
{
    /// <summary>Where it comes from, for the account's log. Null if that is not known.</summary>
    public string? From { get; init; }

    /// <summary>Who signs in.</summary>
    public Act Act => new(EventActor.Owner, Id, From, Now);
}

/// <summary>A device whose token was woken, as it is stored.</summary>
internal sealed record StoredDevice(Guid Id, string Name, DateTimeOffset Created, DateTimeOffset LastSeen, bool Asleep)
{
    /// <summary>Whether it is a key file.</summary>
    public bool IsKeyFile { get; init; }

    /// <summary>How many machines a key file has connected that still have their tokens; 0 of any other device.</summary>
    public int Machines { get; init; }
}

/// <summary>A position in the order of changes: after the record with this ordinal in the push that made this revision.</summary>
internal readonly record struct PagePosition(long Revision, int Ordinal)
{
    /// <summary>The position after all records of a revision.</summary>
    public static PagePosition AfterRevision(long revision) => new(revision, int.MaxValue);

    /// <summary>Whether this position is after all records of a revision and of those before it.</summary>
    public bool IsPast(long revision) => Revision > revision || this == AfterRevision(revision);
}

/// <summary>One page of changes: either <paramref name="Next"/> or <paramref name="Head"/> is not null.</summary>
internal sealed record ChangeSlice(IReadOnlyList<RecordChange> Changes, PagePosition? Next, VaultHead? Head);

/// <summary>
/// Limits for earlier versions. The newest version that is not a deletion is kept at any age, until its record has been deleted for the recycle
/// period. Deletions never expire.
/// </summary>
/// <param name="Versions">The most earlier versions of a record.</param>
/// <param name="Days">How many days a version is kept after it was replaced.</param>
/// <param name="RecycleDays">How many days the content of a deleted record is kept.</param>
internal sealed record Retention(int Versions, int Days, int RecycleDays)
{
    public static Retention Default { get; } = new(20, 365, 365);
}

/// <summary>A place among the earlier versions of all vaults, in the order in which they were replaced.</summary>
internal readonly record struct SweepPosition(DateTimeOffset Replaced, long Row);

/// <summary>Earlier versions of one record; <paramref name="NextBefore"/> when there are more.</summary>
internal sealed record VersionSlice(IReadOnlyList<EarlierVersion> Versions, long? NextBefore);

/// <summary>When a removal without keys is carried out.</summary>
/// <param name="Short">How long after it was asked for.</param>
/// <param name="Long">How long, if a device that is awake was seen within this time.</param>
internal sealed record RemovalTimes(TimeSpan Short, TimeSpan Long)
{
    public static RemovalTimes Default { get; } = new(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
}

/// <summary>The end of a part of a purge, and how many versions it removed. <paramref name="End"/> is null if it was the last part.</summary>
internal sealed record PurgePart(VersionPosition? End, long Removed);

/// <summary>A place among the earlier versions of one vault.</summary>
internal readonly record struct VersionPosition(byte Stream, Guid Record, long Version);
