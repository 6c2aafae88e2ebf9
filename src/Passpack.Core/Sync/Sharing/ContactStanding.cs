namespace Passpack.Sync.Sharing;

/// <summary>How a member's identity stands to the contact of its User ID.</summary>
public enum ContactStanding
{
    /// <summary>There is no contact of this User ID.</summary>
    Unknown,

    /// <summary>It is the contact's.</summary>
    Verified,

    /// <summary>It is another one than the contact's.</summary>
    Different,

    /// <summary>It is this account.</summary>
    Own,
}
