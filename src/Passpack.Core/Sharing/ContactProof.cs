namespace Passpack.Sharing;

/// <summary>How this account knows whose identity it is.</summary>
public enum ContactProof
{
    /// <summary>Somebody compared the fingerprint.</summary>
    Comparison,

    /// <summary>By an invitation: the text went by another way than over the server.</summary>
    Invitation,
}
