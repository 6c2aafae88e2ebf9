using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>A vault's id together with its account, so that no method can answer for a vault of another account.</summary>
internal readonly record struct VaultKey(long Account, Guid Vault);

/// <summary>
/// An account to be. <paramref name="UserId"/> is normalized; the proof is kept as a salted hash only. <paramref name="Place"/> is the owner's known
/// network, as in <see cref="AttemptKeys"/>; null if none is.
/// </summary>
internal sealed record NewAccount(
    string UserId, byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash, KeyRecord Keys, ManifestLink Manifest,
    DateTimeOffset Now, byte[]? Place = null)
{
    /// <summary>The most bytes of all accounts including this one. Null for no limit.</summary>
    public long? TotalQuotaBytes { get; init; }
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
}

/// <summary>The stored values that a login is checked against.</summary>
internal sealed record StoredLogin(long Account, string UserId, byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash);

/// <summary>The new values that logins are checked against.</summary>
internal sealed record NewLogin(byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash);

/// <summary>The keys under which an attempt is counted: keyed hashes, because a mistyped User ID may be a Password.</summary>
/// <param name="Account">The User ID, wherever it was tried.</param>
/// <param name="Place">The User ID at the network where it was tried.</param>
/// <param name="Address">The network. Null if it is not counted.</param>
/// <param name="Device">The device whose token came with the attempt. Null for a login.</param>
internal sealed record AttemptKeys(byte[] Account, byte[] Place, byte[]? Address, byte[]? Device = null);

/// <summary>A device about to hold a new token.</summary>
internal sealed record DeviceSignIn(Guid Id, string Name, byte[] TokenHash, DateTimeOffset Now);

/// <summary>A device as it is stored.</summary>
internal sealed record StoredDevice(Guid Id, string Name, DateTimeOffset Created, DateTimeOffset LastSeen);

/// <summary>The account and device of a token.</summary>
internal sealed record DeviceSession(long Account, Guid Device, DateTimeOffset LastSeen);

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

/// <summary>A push whose content has been checked.</summary>
/// <param name="Request">What it says.</param>
/// <param name="BytesHash">SHA-256 of the exact bytes of the request.</param>
/// <param name="QuotaBytes">The most bytes of the vault afterwards. Null for no limit.</param>
/// <param name="Retention">The limits for the versions that it replaces.</param>
/// <param name="Now">When.</param>
internal sealed record Push(PushRequest Request, byte[] BytesHash, long? QuotaBytes, Retention Retention, DateTimeOffset Now)
{
    /// <summary>The most bytes of all vaults afterwards. Null for no limit.</summary>
    public long? TotalQuotaBytes { get; init; }
}

/// <summary>The outcome of a push.</summary>
internal enum PushStatus
{
    /// <summary>The push was stored, now or by an earlier identical request.</summary>
    Accepted,

    /// <summary>Another push was accepted since the client's last pull.</summary>
    RevisionConflict,

    /// <summary>The id belongs to an earlier push with other bytes.</summary>
    PushIdReused,

    /// <summary>The vault would exceed its quota.</summary>
    QuotaExceeded,

    /// <summary>A record's version would grow by more than <see cref="Limits.VersionsPerPush"/>.</summary>
    VersionTooFar,
}

/// <summary>The outcome of a push: the answer if it was accepted, otherwise the reason.</summary>
internal sealed record PushOutcome(PushStatus Status, PushAnswer? Answer, string? Detail)
{
    public static PushOutcome Accepted(long revision, long generation) =>
        new(PushStatus.Accepted, new PushAnswer(revision, generation), null);

    public static PushOutcome Refused(PushStatus status, string detail) => new(status, null, detail);
}
