using System.Globalization;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage;

/// <summary>What a push is judged by, out of one state.</summary>
/// <param name="Keys">The key record in force. Null of a shared vault.</param>
/// <param name="Revision">The number of accepted pushes.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Earlier">The push that was accepted under the same id. Null if none was.</param>
internal sealed record PushBase(KeyRecord? Keys, long Revision, ManifestName Head, EarlierPush? Earlier)
{
    /// <summary>The most bytes that the account may hold, if an administrator said so. Null: as the server says.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>Of a shared vault: the head of its log. Null of a personal one.</summary>
    public ChainHead? Log { get; init; }
}

/// <summary>A push that was accepted.</summary>
/// <param name="Digest">Of <see cref="PushRequest.Digest"/>.</param>
/// <param name="Answer">What it was answered.</param>
internal sealed record EarlierPush(byte[] Digest, PushAnswer Answer);

/// <summary>A push whose content has been checked.</summary>
/// <param name="Request">What it says.</param>
/// <param name="QuotaBytes">The most bytes of the vault afterwards. Null for no limit.</param>
/// <param name="Retention">The limits for the versions that it replaces.</param>
/// <param name="Now">When.</param>
internal sealed record Push(PushRequest Request, long? QuotaBytes, Retention Retention, DateTimeOffset Now)
{
    /// <summary>By which a repeat is recognised, however it travels.</summary>
    public byte[] Digest { get; } = Request.Digest();

    /// <summary>The most bytes of all vaults afterwards. Null for no limit.</summary>
    public long? TotalQuotaBytes { get; init; }

    /// <summary>Of a shared vault: the heads by which it was judged. Null of a personal one, whose newest manifest it names itself.</summary>
    public SharedHeads? Heads { get; init; }

    /// <summary>The device that pushes. Null if none is known.</summary>
    public Guid? Device { get; init; }
}

/// <summary>The outcome of a push.</summary>
internal enum PushStatus
{
    /// <summary>The push was stored, now or by an earlier identical request.</summary>
    Accepted,

    /// <summary>Another push was accepted since the client's last pull.</summary>
    RevisionConflict,

    /// <summary>Others are ahead in the vault's queue.</summary>
    NotItsTurn,

    /// <summary>The id belongs to an earlier push with another digest.</summary>
    PushIdReused,

    /// <summary>The vault would exceed its quota.</summary>
    QuotaExceeded,

    /// <summary>A record's version would grow by more than <see cref="Limits.VersionsPerPush"/>.</summary>
    VersionTooFar,

    /// <summary>A record is not what can be sealed anew: it is not there, of another deletion state, or sealed under this epoch already.</summary>
    NotResealable,
}

/// <summary>The outcome of a push: the answer if it was accepted, otherwise the reason.</summary>
internal sealed record PushOutcome(PushStatus Status, PushAnswer? Answer, string? Detail)
{
    /// <summary>The end of the account's log, of the same transaction. Null unless the push was stored now.</summary>
    public LogHead? Log { get; init; }

    public static PushOutcome Accepted(long revision, long generation, LogHead log) =>
        new(PushStatus.Accepted, new PushAnswer(revision, generation), null) { Log = log };

    /// <summary>The outcome of a push whose id an earlier one had.</summary>
    public static PushOutcome OfEarlier(EarlierPush earlier, byte[] digest) => earlier.Digest.AsSpan().SequenceEqual(digest)
        ? new(PushStatus.Accepted, earlier.Answer, null) : Refused(PushStatus.PushIdReused, "An earlier push with this id said something else.");

    /// <summary>Says where a vault is.</summary>
    public static string WhereVaultIs(long revision, long generation) =>
        string.Create(CultureInfo.InvariantCulture, $"The vault is at revision {revision}, generation {generation}.");

    /// <summary>Says that a vault's newest manifest is another one.</summary>
    public static string OtherManifest(long generation) => string.Create(CultureInfo.InvariantCulture, $"The vault's manifest {generation} is another one.");

    /// <summary>The outcome of a push for which there is no room.</summary>
    /// <param name="bytes">What the vault would hold.</param>
    /// <param name="beside">What the other vaults hold that count on the same account.</param>
    /// <param name="quota">What they may hold together.</param>
    public static PushOutcome BeyondQuota(long bytes, long beside, long quota) => Refused(PushStatus.QuotaExceeded, string.Create(
        CultureInfo.InvariantCulture, $"The vault would hold {bytes} of {quota} bytes, earlier versions included.")
        + (beside == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" Others of the same account, shared ones that it founded included, hold {beside}.")));

    /// <summary>Says that others are ahead.</summary>
    public static PushOutcome OthersAreAhead => Refused(PushStatus.NotItsTurn, "Other machines of the account were refused before and are ahead.");

    public static PushOutcome Refused(PushStatus status, string detail) => new(status, null, detail);
}
