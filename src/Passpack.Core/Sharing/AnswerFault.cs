namespace Passpack.Sharing;

/// <summary>Why an answer to an invitation adds nobody.</summary>
public enum AnswerFault
{
    /// <summary>It is sound.</summary>
    None,

    /// <summary>It is to another invitation, or names another time or inviter than the invitation does.</summary>
    OtherInvitation,

    /// <summary>Whoever made it did not have the invitation's text.</summary>
    MacInvalid,

    /// <summary>It is not signed by the identity that it names.</summary>
    SignatureInvalid,

    /// <summary>The identity is of another User ID than the one that was invited.</summary>
    OtherUser,

    /// <summary>The invitation has expired.</summary>
    Expired,
}
