using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>Names a vault together with its owner, so that no method can answer for another account's.</summary>
internal readonly record struct VaultKey(long Account, Guid Vault);

/// <summary>
/// An account to be. <paramref name="UserId"/> is normalized; the proof is kept as a salted hash only. <paramref name="Place"/> is where
/// its owner is known, as in <see cref="AttemptKeys"/>; null for nowhere.
/// </summary>
internal sealed record NewAccount(
    string UserId, byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash, KeyRecord Keys, ManifestLink Manifest,
    DateTimeOffset Now, byte[]? Place = null)
{
    /// <summary>The most that all accounts may hold with it; null for no bound.</summary>
    public long? TotalQuotaBytes { get; init; }
}

/// <summary>How the making of an account ended.</summary>
internal enum AddOutcome
{
    /// <summary>It is there.</summary>
    Added,

    /// <summary>Its User ID is taken.</summary>
    Taken,

    /// <summary>It was to be the first one, and there is another; of which name is not told.</summary>
    NotFirst,

    /// <summary>All accounts together would exceed their quota.</summary>
    Full,
}

/// <summary>What a login is checked against.</summary>
internal sealed record StoredLogin(long Account, string UserId, byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash);

/// <summary>What logins are checked against from now on.</summary>
internal sealed record NewLogin(byte[] LoginSalt, string LoginKdf, byte[] ProofSalt, byte[] ProofHash);

/// <summary>What an attempt to prove a Password is counted under: keyed hashes, for a mistyped User ID may be a Password.</summary>
/// <param name="Account">The User ID, wherever it was tried.</param>
/// <param name="Place">The User ID at the network where it was tried.</param>
/// <param name="Address">The network; null when it is not counted.</param>
/// <param name="Device">The device whose token came with the attempt; null for a login.</param>
internal sealed record AttemptKeys(byte[] Account, byte[] Place, byte[]? Address, byte[]? Device = null);

/// <summary>A device about to hold a new token.</summary>
internal sealed record DeviceSignIn(Guid Id, string Name, byte[] TokenHash, DateTimeOffset Now);

/// <summary>A device as it is stored.</summary>
internal sealed record StoredDevice(Guid Id, string Name, DateTimeOffset Created, DateTimeOffset LastSeen);

/// <summary>Who a device token belongs to.</summary>
internal sealed record DeviceSession(long Account, Guid Device, DateTimeOffset LastSeen);

/// <summary>A place in the order of changes: behind the record with this ordinal of the push that made this revision.</summary>
internal readonly record struct PagePosition(long Revision, int Ordinal)
{
    /// <summary>Behind everything of a revision.</summary>
    public static PagePosition AfterRevision(long revision) => new(revision, int.MaxValue);

    /// <summary>Whether nothing of a revision, or before it, lies behind this place.</summary>
    public bool IsPast(long revision) => Revision > revision || this == AfterRevision(revision);
}

/// <summary>One page of changes: either <paramref name="Next"/> or <paramref name="Head"/> is there.</summary>
internal sealed record ChangeSlice(IReadOnlyList<RecordChange> Changes, PagePosition? Next, VaultHead? Head);

/// <summary>
/// How much is kept of what records were before. The newest version that is no deletion is kept whatever its age, until its record
/// has been deleted for the recycle period; deletions themselves never expire.
/// </summary>
/// <param name="Versions">The most earlier versions of a record.</param>
/// <param name="Days">How long one is kept after it was replaced.</param>
/// <param name="RecycleDays">How long what a deleted record held is kept after the deletion.</param>
internal sealed record Retention(int Versions, int Days, int RecycleDays)
{
    public static Retention Default { get; } = new(20, 365, 365);
}

/// <summary>A place among the earlier versions of all vaults, in the order in which they were replaced.</summary>
internal readonly record struct SweepPosition(DateTimeOffset Replaced, long Row);

/// <summary>Earlier versions of one record; <paramref name="NextBefore"/> when there are more.</summary>
internal sealed record VersionSlice(IReadOnlyList<EarlierVersion> Versions, long? NextBefore);

/// <summary>A push that is sound in itself.</summary>
/// <param name="Request">As sent.</param>
/// <param name="BytesHash">SHA-256 of the exact bytes of the request.</param>
/// <param name="QuotaBytes">The most that the vault may hold afterwards; null for no bound.</param>
/// <param name="Retention">How much is kept of what it replaces.</param>
/// <param name="Now">When.</param>
internal sealed record Push(PushRequest Request, byte[] BytesHash, long? QuotaBytes, Retention Retention, DateTimeOffset Now)
{
    /// <summary>The most that all vaults may hold afterwards; null for no bound.</summary>
    public long? TotalQuotaBytes { get; init; }
}

/// <summary>How a push ended.</summary>
internal enum PushStatus
{
    /// <summary>Taken in, now or by an earlier identical request.</summary>
    Accepted,

    /// <summary>Something else was pushed since the client looked.</summary>
    RevisionConflict,

    /// <summary>The id belongs to an earlier push with other bytes.</summary>
    PushIdReused,

    /// <summary>The vault would exceed its quota.</summary>
    QuotaExceeded,
}

/// <summary>The end of a push: the answer if accepted, else what stood against it.</summary>
internal sealed record PushOutcome(PushStatus Status, PushAnswer? Answer, string? Detail)
{
    public static PushOutcome Accepted(long revision, long generation) =>
        new(PushStatus.Accepted, new PushAnswer(revision, generation), null);

    public static PushOutcome Refused(PushStatus status, string detail) => new(status, null, detail);
}
