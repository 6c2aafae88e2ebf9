namespace Passpack.Protocol.Sharing;

/// <summary>Why a manifest of a shared vault is not taken.</summary>
public enum ManifestFault
{
    /// <summary>It is taken.</summary>
    None,

    /// <summary>It does not follow the manifest that it has to: another generation, another one before it, or a statement names another one in its place.</summary>
    NotNext,

    /// <summary>It names another statement than the last before it: a later one was not seen, or an earlier one is claimed.</summary>
    StatementInvalid,

    /// <summary>It is of another epoch than the newest at its place.</summary>
    EpochInvalid,

    /// <summary>Whoever signed it was no member at its place.</summary>
    NotMember,

    /// <summary>Whoever signed it was a Reader at its place.</summary>
    NotPermitted,

    /// <summary>The vault was closed at its place.</summary>
    Closed,
}
