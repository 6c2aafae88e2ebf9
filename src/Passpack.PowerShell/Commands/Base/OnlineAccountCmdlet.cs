using System.Management.Automation;
using Passpack.Sync.Client;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that connects this machine to an online account by User ID and Password.</summary>
public abstract class OnlineAccountCmdlet : AccountMakingCmdlet
{
    /// <summary>The parameters of a login.</summary>
    private protected const string ByCredential = "Credential";

    /// <summary>The server's address.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByCredential)]
    [ValidateNotNull]
    public Uri? Server { get; set; }

    /// <summary>User ID and Password of the online account.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByCredential)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>The name of this machine in the online account's list of devices; by default made of machine name, user and four digits.</summary>
    [Parameter]
    [ValidateLength(1, Protocol.Limits.DeviceNameLength)]
    public string? DeviceName { get; set; }

    /// <summary>The SHA-256 of the certificate that the server has to show.</summary>
    [Parameter(ParameterSetName = ByCredential)]
    [AllowEmptyString]
    public string? CertificateFingerprint { get; set; }

    /// <summary>The server, whole.</summary>
    private protected OnlineServer RequireServer() => RequireServer(Server, CertificateFingerprint);
}
