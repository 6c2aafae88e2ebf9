using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// Deletes an online account for good; this machine's vault stays as an offline account. Without the keys, the server does it only after some days.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "PasspackAccount", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = WithKeysSet)]
[OutputType(typeof(void), ParameterSetName = new[] { WithKeysSet })]
[OutputType(typeof(PendingRemoval), ParameterSetName = new[] { WithoutKeysSet })]
public sealed class RemovePasspackAccountCommand : PasspackCmdlet
{
    private const string WithKeysSet = "WithKeys", WithoutKeysSet = "WithoutKeys";

    /// <summary>User ID and Password of the online account.</summary>
    [Parameter(Mandatory = true)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>The Packing Key: proves that the right account is meant.</summary>
    [Parameter(Mandatory = true, ParameterSetName = WithKeysSet)]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>Asks the server by the Password alone, which removes the account after some days unless somebody with the keys cancels that.</summary>
    [Parameter(Mandatory = true, ParameterSetName = WithoutKeysSet)]
    public SwitchParameter WithoutKeys { get; set; }

    /// <summary>A code of the account's second factor, or a recovery code.</summary>
    [Parameter]
    [SecondFactorTransformation]
    public SecureString? SecondFactor { get; set; }

    /// <summary>The server's address; by default the local account's.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? Server { get; set; }

    /// <summary>The SHA-256 of the certificate that the server has to show; by default the one that the local account has for it.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? CertificateFingerprint { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken) =>
        WithoutKeys ? RequestRemovalAsync(cancellationToken) : RemoveAsync(cancellationToken);

    private async Task RemoveAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Find(Credential!.UserName);
        LocalAccountInfo account = AccountInspector.Describe(folder);
        if (account.Problem is not null)
            throw account.Problem;
        OnlineServer server = RequireServer(Server ?? account.Server ?? throw ErrorRecords.Offline(folder.UserId), CertificateFingerprint);
        if (!ShouldProcess(folder.UserId, $"Delete the online account at {server.Address} for good, with everything in it"))
            return;
        using var credentials = new OnlineCredentials(Credential, PackingKey, SecondFactor);
        await AccountRemoval.RemoveAsync(credentials.At(server), cancellationToken: cancellationToken);
        WriteVerbose($"There is no online account {folder.UserId} at {server.Address} any more. The local account is offline now, with all that it holds.");
    }

    // The machine on which somebody does this may be a new one, because the vault is lost as well.
    private async Task RequestRemovalAsync(CancellationToken cancellationToken)
    {
        string userId = Credential!.UserName;
        Uri? known = Server is null ? AccountInspector.Describe(LocalAccounts.Find(userId)).Server ?? throw ErrorRecords.Offline(userId) : Server;
        OnlineServer server = RequireServer(known, CertificateFingerprint);
        if (!ShouldProcess(userId, $"Ask {server.Address} to delete the online account for good, with everything in it, after some days"))
            return;
        using SecretBytes password = Credential.Password.Read(SecretBytes.FromChars);
        using SecretBytes? code = SecondFactor?.Read(SecretBytes.FromChars);
        DateTimeOffset due = await AccountRemoval.RequestWithoutKeysAsync(server, userId, password, code, cancellationToken);
        WriteObject(new PendingRemoval(userId, server.Address, due));
    }
}
