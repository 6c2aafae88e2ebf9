namespace Passpack.PowerShell;

/// <summary>When contents of attachments come to a machine.</summary>
public enum AttachmentMode
{
    /// <summary>When somebody asks for one.</summary>
    OnDemand,

    /// <summary>With every sync, all that entries name.</summary>
    Always,
}
