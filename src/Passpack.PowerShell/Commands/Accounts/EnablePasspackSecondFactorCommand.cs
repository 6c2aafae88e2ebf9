using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Sets a second factor up for the logins of an online account; with a code of it, puts it in force.</summary>
[Cmdlet(VerbsLifecycle.Enable, "PasspackSecondFactor", SupportsShouldProcess = true, DefaultParameterSetName = SetUpSet)]
[OutputType(typeof(SecondFactorSetup), ParameterSetName = new[] { SetUpSet })]
[OutputType(typeof(void), ParameterSetName = new[] { CodeSet })]
public sealed class EnablePasspackSecondFactorCommand : VaultCmdlet
{
    private const string SetUpSet = "SetUp", CodeSet = "Code";

    /// <summary>User ID and Password of the online account.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SetUpSet)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>A code of the second factor that is in force, which the new one replaces; or one of its recovery codes.</summary>
    [Parameter(ParameterSetName = SetUpSet)]
    [SecondFactorTransformation]
    public SecureString? SecondFactor { get; set; }

    /// <summary>The code that the authenticator app shows for the set-up: puts it in force.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CodeSet)]
    [SecondFactorTransformation]
    public SecureString Code { get; set; } = new();

    /// <summary>The User ID of the account; by default the only local account, else the only unlocked one.</summary>
    [Parameter(ParameterSetName = CodeSet)]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Account { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = Require(Credential is null ? LocalAccounts.Choose(Account) : LocalAccounts.Find(Credential.UserName));
        Uri server = ServerOf(vault);
        if (Credential is null)
            await ConfirmAsync(vault, server, cancellationToken);
        else if (ShouldProcess(vault.UserId, $"Set a second factor up for logins at {server}"))
        {
            using SecretBytes password = Credential.Password.Read(SecretBytes.FromChars);
            using SecretBytes? code = SecondFactor?.Read(SecretBytes.FromChars);
            WriteObject(new SecondFactorSetup(await Sync.Accounts.SecondFactorSetup.StartAsync(vault, password, code, cancellationToken)));
            WriteVerbose("It is not in force before 'Enable-PasspackSecondFactor -Code' with a code of it, within ten minutes.");
        }
    }

    private async Task ConfirmAsync(LocalVault vault, Uri server, CancellationToken cancellationToken)
    {
        if (!ShouldProcess(vault.UserId, $"Put the second factor in force that was set up at {server}: logins need a code of it from then on"))
            return;
        using SecretBytes code = Code.Read(SecretBytes.FromChars);
        await Sync.Accounts.SecondFactorSetup.ConfirmAsync(vault, code, cancellationToken);
        WriteVerbose($"Logins of {vault.UserId} at {server} need a code now. Machines that are connected sync on without.");
    }
}
