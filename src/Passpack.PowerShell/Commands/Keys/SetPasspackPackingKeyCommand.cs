using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.PowerShell.Commands;

/// <summary>Changes the Packing Key of an account: online and on this machine, or of an offline account.</summary>
[Cmdlet(VerbsCommon.Set, "PasspackPackingKey", SupportsShouldProcess = true, DefaultParameterSetName = Offline)]
[OutputType(typeof(void))]
public sealed class SetPasspackPackingKeyCommand : PasspackCmdlet
{
    private const string Connected = "Connected", Offline = "Offline";

    /// <summary>User ID and Password of the online account.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Connected)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>A code of the account's second factor, or a recovery code.</summary>
    [Parameter(ParameterSetName = Connected)]
    [SecondFactorTransformation]
    public SecureString? SecondFactor { get; set; }

    /// <summary>The User ID of an offline account; by default the only local account, else the only unlocked one.</summary>
    [Parameter(ParameterSetName = Offline)]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Account { get; set; }

    /// <summary>The present Packing Key.</summary>
    [Parameter(Mandatory = true)]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>The new Packing Key: at least 8 characters, and not the Password. If it is missing, the user is asked twice.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? NewPackingKey { get; set; }

    /// <summary>For a connected account: accepts a Packing Key with a rating below 50.</summary>
    [Parameter(ParameterSetName = Connected)]
    public SwitchParameter AllowWeakKey { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = Credential is null ? LocalAccounts.Choose(Account) : LocalAccounts.Find(Credential.UserName);
        LocalAccountInfo account = AccountInspector.Describe(folder);
        if (account.Problem is not null)
            throw account.Problem;
        if (account.Server is null && Credential is not null)
            throw ErrorRecords.Invalid($"The local account {folder.UserId} is offline: its Packing Key is changed without -Credential.", folder.UserId);
        if (account.Server is not null && Credential is null)
        {
            throw ErrorRecords.Invalid($"The local account {folder.UserId} is connected to {account.Server}, where its Packing Key is changed, too: " +
                "give User ID and Password with -Credential.", folder.UserId);
        }
        SecureString newKey = NewPackingKey ?? AskForNewPackingKey(nameof(NewPackingKey));
        CheckNew(newKey);
        if (!ShouldProcess(folder.UserId, account.Server is null ? "Change the Packing Key" : $"Change the Packing Key, here and at {account.Server}"))
            return;
        WarnIfWeak(newKey);
        await ChangeAsync(folder, newKey, cancellationToken);
        WriteVerbose($"The Packing Key of {folder.UserId} is changed. Copies of the vault that were made before still open with the one before.");
    }

    private void CheckNew(SecureString given)
    {
        using SecretBytes newKey = given.Read(SecretBytes.FromChars);
        using SecretBytes? password = Credential?.Password.Read(SecretBytes.FromChars);
        if (password is null)
            PackingKeys.Check(newKey);
        else
            PackingKeys.CheckForOnline(newKey, password, AllowWeakKey);
    }

    private async Task ChangeAsync(AccountFolder folder, SecureString given, CancellationToken cancellationToken)
    {
        using SecretBytes key = PackingKey.Read(SecretBytes.FromChars), newKey = given.Read(SecretBytes.FromChars);
        using SecretBytes? password = Credential?.Password.Read(SecretBytes.FromChars);
        using SecretBytes? code = SecondFactor?.Read(SecretBytes.FromChars);
        if (password is null)
            LocalVault.ChangePackingKey(DataFolder.Current, folder.UserId, key, newKey);
        else
        {
            await OnlineKeys.ChangePackingKeyAsync(
                DataFolder.Current, Credential!.UserName, password, key, newKey, AllowWeakKey, code, cancellationToken);
        }
    }
}
