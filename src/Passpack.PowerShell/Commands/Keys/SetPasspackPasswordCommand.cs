using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Changes the Password of an online account; every other device has to connect again.</summary>
[Cmdlet(VerbsCommon.Set, "PasspackPassword", SupportsShouldProcess = true, DefaultParameterSetName = KnownSet)]
[OutputType(typeof(void))]
public sealed class SetPasspackPasswordCommand : VaultCmdlet
{
    private const string KnownSet = "WithPassword", LostSet = "WithoutPassword", CodeSet = "WithCode";

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

    /// <summary>The code of the server's administrator (Reset-PasspackServerAccount -Password), together with the Packing Key.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CodeSet)]
    [SecretTransformation]
    public SecureString? ResetCode { get; set; }

    /// <summary>The server's address.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CodeSet)]
    [ValidateNotNull]
    public Uri? Server { get; set; }

    /// <summary>The User ID of the online account.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CodeSet)]
    [ValidateNotNullOrEmpty]
    public string? UserId { get; set; }

    /// <summary>The Packing Key. If it is missing, the user is asked.</summary>
    [Parameter(ParameterSetName = CodeSet)]
    [SecretTransformation]
    public SecureString? PackingKey { get; set; }

    /// <summary>The SHA-256 of the certificate that the server has to show; by default the one that the local account has for it.</summary>
    [Parameter(ParameterSetName = CodeSet)]
    [AllowEmptyString]
    public string? CertificateFingerprint { get; set; }

    /// <summary>The new Password, not the Packing Key. If it is missing, the user is asked twice.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? NewPassword { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken) =>
        ResetCode is null ? ChangeAsync(cancellationToken) : ResetAsync(ResetCode, cancellationToken);

    // On whatever machine: its local account need not be there.
    private async Task ResetAsync(SecureString code, CancellationToken cancellationToken)
    {
        OnlineServer server = RequireServer(Server, CertificateFingerprint);
        SecureString packingKey = PackingKey ?? AskForSecret(nameof(PackingKey), $"Packing Key of {UserId}");
        SecureString newPassword = AskIfMissing();
        if (!ShouldProcess(UserId!, $"Set another Password of the online account at {server.Address}; every device has to connect again"))
            return;
        WarnIfWeakPassword(newPassword);
        using SecretBytes key = packingKey.Read(SecretBytes.FromChars);
        using SecretBytes next = newPassword.Read(SecretBytes.FromChars);
        string text = code.Read(characters => characters.Trim().ToString());
        await OnlineKeys.ResetPasswordAsync(DataFolder.Current, server, UserId!, text, key, next, cancellationToken);
        WriteVerbose($"The Password of {UserId} is set. Every machine is told {ErrorCodes.DeviceRevoked}; Connect-PasspackAccount connects it again.");
    }

    private SecureString AskIfMissing() => NewPassword ?? AskForNewSecret(nameof(NewPassword), "new Password",
        "No machine connects without the Password, and nobody can tell it to you.");

    private async Task ChangeAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = Require(Credential is null ? LocalAccounts.Choose(Account) : LocalAccounts.Find(Credential.UserName));
        Uri server = ServerOf(vault);
        SecureString newPassword = AskIfMissing();
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
