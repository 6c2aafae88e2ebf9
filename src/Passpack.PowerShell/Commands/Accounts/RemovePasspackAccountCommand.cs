using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Deletes an online account for good; this machine's vault stays as an offline account.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackAccount", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemovePasspackAccountCommand : PasspackCmdlet
{
    /// <summary>User ID and Password of the online account.</summary>
    [Parameter(Mandatory = true)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>The Packing Key: proves that the right account is meant.</summary>
    [Parameter(Mandatory = true)]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>The server's address; by default the local account's.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? Server { get; set; }

    /// <summary>The SHA-256 of the certificate that the server has to show; by default the one that the local account has for it.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? CertificateFingerprint { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Find(Credential!.UserName);
        LocalAccountInfo account = AccountInspector.Describe(folder);
        if (account.Problem is not null)
            throw account.Problem;
        OnlineServer server = RequireServer(Server ?? account.Server ?? throw ErrorRecords.Offline(folder.UserId), CertificateFingerprint);
        if (!ShouldProcess(folder.UserId, $"Delete the online account at {server.Address} for good, with everything in it"))
            return;
        using var credentials = new OnlineCredentials(Credential, PackingKey);
        await AccountRemoval.RemoveAsync(credentials.At(server), cancellationToken: cancellationToken);
        WriteVerbose($"There is no online account {folder.UserId} at {server.Address} any more. The local account is offline now, with all that it holds.");
    }
}
