namespace Passpack.Protocol.Sharing;

/// <summary>Why a statement is not taken.</summary>
public enum StatementFault
{
    /// <summary>It is taken.</summary>
    None,

    /// <summary>It does not follow the last statement: another number, or another one before it. A later statement may have been first.</summary>
    NotNext,

    /// <summary>Its author is no member.</summary>
    NotMember,

    /// <summary>Its author's role does not allow it.</summary>
    NotPermitted,

    /// <summary>Its signature is not its author's.</summary>
    SignatureInvalid,

    /// <summary>It names another manifest than it may: one before the last that was named, or none, or of the same generation another.</summary>
    ManifestInvalid,

    /// <summary>Who is to be added is a member already.</summary>
    AlreadyMember,

    /// <summary>Whom it is about is no member.</summary>
    MemberNotFound,

    /// <summary>The invitation was answered before.</summary>
    InvitationUsed,

    /// <summary>It changes nothing: the role that the member has, a vault closed or open already, the manifest that the next one follows anyway.</summary>
    NothingChanges,

    /// <summary>The vault would be without an Owner.</summary>
    LastOwner,

    /// <summary>The vault is closed.</summary>
    Closed,

    /// <summary>An Owner's removal of another starts no epoch, or who leaves starts one, whose key it would know.</summary>
    EpochMissing,

    /// <summary>The number of the epoch is not above the last, or too far above it, or the chained one is not one before it.</summary>
    EpochInvalid,

    /// <summary>The log that is said to be lost is not ahead of this one.</summary>
    NotRolledBack,

    /// <summary>The vault has as many members, or the log as many statements, as there may be.</summary>
    TooMany,
}
