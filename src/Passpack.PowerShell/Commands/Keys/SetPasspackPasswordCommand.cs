using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Changes the Password of an online account; every other device has to connect again.</summary>
[Cmdlet(VerbsCommon.Set, "PasspackPassword", SupportsShouldProcess = true, DefaultParameterSetName = KnownSet)]
[OutputType(typeof(void))]
public sealed class SetPasspackPasswordCommand : VaultCmdlet
{
    private const string KnownSet = "WithPassword", LostSet = "WithoutPassword";

    /// <summary>User ID and present Password.</summary>
    [Parameter(Mandatory = true, ParameterSetName = KnownSet)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>A code of the account's second factor, or a recovery code.</summary>
    [Parameter(ParameterSetName = KnownSet)]
    [SecondFactorTransformation]
    public SecureString? SecondFactor { get; set; }

    /// <summary>Sets a new Password without the present one, which is lost: this machine's keys and token stand for it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LostSet)]
    public SwitchParameter WithoutPassword { get; set; }

    /// <summary>The User ID of the account; by default the only local account, else the only unlocked one.</summary>
    [Parameter(ParameterSetName = LostSet)]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Account { get; set; }

    /// <summary>The new Password, not the Packing Key. If it is missing, the user is asked twice.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? NewPassword { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = Require(Credential is null ? LocalAccounts.Choose(Account) : LocalAccounts.Find(Credential.UserName));
        Uri server = vault.Describe().Server ?? throw ErrorRecords.Offline(vault.UserId);
        SecureString newPassword = NewPassword ?? AskForNewSecret(nameof(NewPassword), "new Password",
            "No machine connects without the Password, and nobody can tell it to you.");
        if (!ShouldProcess(vault.UserId, $"Change the Password of the online account at {server}; every other device has to connect again"))
            return;
        WarnIfWeakPassword(newPassword);
        using SecretBytes? present = Credential?.Password.Read(SecretBytes.FromChars);
        using SecretBytes next = newPassword.Read(SecretBytes.FromChars);
        using SecretBytes? code = SecondFactor?.Read(SecretBytes.FromChars);
        await OnlineKeys.ChangePasswordAsync(vault, present, next, code, cancellationToken);
        WriteVerbose($"The Password of {vault.UserId} is changed. This machine stays connected; the others are told {ErrorCodes.DeviceRevoked}.");
    }
}
