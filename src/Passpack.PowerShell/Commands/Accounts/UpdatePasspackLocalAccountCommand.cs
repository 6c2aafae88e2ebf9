using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// Brings a local account up to date: to the current pack version, or to a Packing Key or keys that were changed online. With -NewKeys, replaces the keys.
/// </summary>
[Cmdlet(VerbsData.Update, "PasspackLocalAccount", SupportsShouldProcess = true, DefaultParameterSetName = UpdateSet)]
[OutputType(typeof(LocalAccount))]
public sealed partial class UpdatePasspackLocalAccountCommand : EachAccountCmdlet
{
    private const string UpdateSet = "Update", NewKeysSet = "NewKeys", SamePackingKeySet = "SamePackingKey";

    /// <summary>The Packing Key that was set online; with -NewKeys, the present one.</summary>
    [Parameter(ParameterSetName = UpdateSet)]
    [Parameter(Mandatory = true, ParameterSetName = NewKeysSet)]
    [Parameter(Mandatory = true, ParameterSetName = SamePackingKeySet)]
    [SecretTransformation]
    public SecureString? PackingKey { get; set; }

    /// <summary>A checkpoint from the machine that replaced the keys; the server's history has to contain it.</summary>
    [Parameter(ParameterSetName = UpdateSet)]
    [ValidateNotNullOrEmpty]
    public string? Checkpoint { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        if (Checkpoint is not null && PackingKey is null)
            throw ErrorRecords.Invalid("-Checkpoint is for keys that were replaced online: give their Packing Key with -PackingKey.", Checkpoint);
        AccountFolder folder = ChooseAccount();
        bool unattended = AccountInspector.Describe(folder).Unattended;
        bool isDone = NewKeys ? await ReplaceKeysAsync(folder, cancellationToken) : await UpdateAsync(folder, cancellationToken);
        if (!isDone)
            return;
        if (unattended && !AccountInspector.Describe(folder).Unattended)
        {
            WriteWarning($"Unattended unlock of {folder.UserId} was enabled for the keys before, and is refused now; so a scheduled sync ends without doing " +
                $"anything. 'Enable-PasspackUnattendedUnlock -Account {folder.UserId}' enables it again.");
        }
        WriteObject(new LocalAccount(folder));
    }

    private AccountFolder ChooseAccount()
    {
        if (Credential is null)
            return LocalAccounts.ChooseStrictly(Account);
        AccountFolder folder = LocalAccounts.Find(Credential.UserName);
        return Account is null || LocalAccounts.Find(Account).Path == folder.Path
            ? folder
            : throw ErrorRecords.Invalid($"The credential is of {Credential.UserName}, and -Account names {Account}.", Account);
    }

    private async Task<bool> UpdateAsync(AccountFolder folder, CancellationToken cancellationToken)
    {
        if (LocalAccounts.IsUnlocked(folder) || PackingKey is null)
            return await UpdateAsync(Require(folder), PackingKey, cancellationToken);
        using LocalVault vault = Unlock(folder, PackingKey);
        // With a checkpoint, the new keys may have the Packing Key of the ones before.
        return await UpdateAsync(vault, Checkpoint is null ? null : PackingKey, cancellationToken);
    }

    private async Task<bool> UpdateAsync(LocalVault vault, SecureString? packingKey, CancellationToken cancellationToken)
    {
        using SecretBytes? key = packingKey?.Read(SecretBytes.FromChars);
        IReadOnlyList<string> planned = await OnlineKeys.UpdateAsync(vault, key, whatIf: true, Checkpoint, cancellationToken);
        if (planned.Count == 0)
            WriteVerbose($"There is nothing to do: the keys of {vault.UserId} are of the current pack version, and no change of them waits.");
        else if (!ShouldProcess(vault.UserId, string.Join("; ", planned)))
            return false;
        else
            foreach (string done in await OnlineKeys.UpdateAsync(vault, key, whatIf: false, Checkpoint, cancellationToken))
                WriteVerbose(done);
        return true;
    }

    /// <summary>Unlocks a locked account for this cmdlet only, with the Packing Key that this machine knows.</summary>
    private static LocalVault Unlock(AccountFolder folder, SecureString packingKey)
    {
        using SecretBytes key = packingKey.Read(SecretBytes.FromChars);
        try
        {
            return LocalVault.Unlock(DataFolder.Current, folder.UserId, key);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            throw ErrorRecords.LockedWithAnother(folder.UserId, e);
        }
    }
}
