using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// Starts a local account again from its online account, without loss; or, in an emergency, sets it aside without its key. Resumes an interrupted
/// reset.
/// </summary>
[Cmdlet(VerbsCommon.Reset, "PasspackLocalAccount", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Reset")]
[OutputType(typeof(ResetStep))]
public sealed class ResetPasspackLocalAccountCommand : EachAccountCmdlet
{
    /// <summary>User ID and Password of the online account.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Reset")]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>The Packing Key of the online account.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Reset")]
    [SecretTransformation]
    public SecureString? PackingKey { get; set; }

    /// <summary>A code of the account's second factor, or a recovery code.</summary>
    [Parameter(ParameterSetName = "Reset")]
    [SecondFactorTransformation]
    public SecureString? SecondFactor { get; set; }

    /// <summary>The server's address; by default the one that the local account knows.</summary>
    [Parameter(ParameterSetName = "Reset")]
    public Uri? Server { get; set; }

    /// <summary>The SHA-256 of the certificate that the server has to show; by default the one that the local account has for it.</summary>
    [Parameter(ParameterSetName = "Reset")]
    [AllowEmptyString]
    public string? CertificateFingerprint { get; set; }

    /// <summary>Needs no key: unsynced changes stay in the encrypted vault that is set aside.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Emergency")]
    public SwitchParameter Emergency { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.ChooseForReset(Account, Credential?.UserName);
        if (Emergency)
            SetAside(folder);
        else
            await ResetAsync(folder, cancellationToken);
    }

    private void SetAside(AccountFolder folder)
    {
        if (!ShouldProcess(folder.UserId, "Set the local account aside, still encrypted, without its key"))
            return;
        if (LocalAccounts.IsUnlocked(folder))
        {
            UnlockedAccounts.Shared.Lock(folder);
            WriteObject(new ResetStep(folder.UserId, "Locked", folder.VaultFile, "The account was unlocked in this process, and was locked."));
        }
        // If the vault cannot be read, the address is unknown.
        LocalAccountInfo account = AccountInspector.Describe(folder);
        string quarantined = VaultQuarantine.SetAside(folder);
        WriteObject(new ResetStep(folder.UserId, "Quarantined", quarantined,
            $"The vault, still encrypted, is now at {quarantined}. '{account.ConnectCommand}' starts again from the online account; " +
            "Restore-PasspackVault takes out of it what was not synced, should its Packing Key be found."));
    }

    private async Task ResetAsync(AccountFolder folder, CancellationToken cancellationToken)
    {
        if (Server is not null)
            RequireServer(Server, CertificateFingerprint);
        var certificate = PinnedCertificate.Parse(CertificateFingerprint);
        if (!ShouldProcess(folder.UserId, "Back the local account up, set it aside, and start again from the online account"))
            return;
        using var credentials = new OnlineCredentials(Credential!, PackingKey!, SecondFactor);
        await ShowingAsync("Resetting", async progress =>
        {
            var reset = new AccountReset(DataFolder.Current, folder.UserId, credentials.Password, credentials.PackingKey)
            {
                Server = Server,
                SecondFactor = credentials.SecondFactor,
                Certificate = certificate,
                Unlocked = UnlockedAccounts.Shared.Find(folder),
                Progress = progress,
            };
            try
            {
                await foreach (AccountResetStep step in reset.RunAsync(cancellationToken))
                    WriteObject(new ResetStep(folder.UserId, step.Step, step.Path, step.Description));
            }
            finally
            {
                // The account is left unlocked.
                if (reset.Result is { IsLocked: false } vault)
                    UnlockedAccounts.Shared.Add(vault);
            }
            return true;
        });
    }
}
