using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Removes the second factor of an online account: logins need the Password alone again.</summary>
[Cmdlet(VerbsLifecycle.Disable, "PasspackSecondFactor", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class DisablePasspackSecondFactorCommand : VaultCmdlet
{
    /// <summary>User ID and Password of the online account.</summary>
    [Parameter(Mandatory = true)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>A code of the second factor, or a recovery code.</summary>
    [Parameter]
    [SecondFactorTransformation]
    public SecureString? SecondFactor { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = Require(LocalAccounts.Find(Credential!.UserName));
        Uri server = ServerOf(vault);
        if (!ShouldProcess(vault.UserId, $"Remove the second factor at {server}: logins need the Password alone"))
            return;
        using SecretBytes password = Credential.Password.Read(SecretBytes.FromChars);
        using SecretBytes? code = SecondFactor?.Read(SecretBytes.FromChars);
        await Sync.Accounts.SecondFactorSetup.RemoveAsync(vault, password, code, cancellationToken);
        WriteVerbose($"The online account {vault.UserId} at {server} has no second factor.");
    }
}
