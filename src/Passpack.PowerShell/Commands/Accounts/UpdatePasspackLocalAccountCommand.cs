using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Brings a local account up to date: to the current pack version, or to a Packing Key that was changed online.</summary>
[Cmdlet(VerbsData.Update, "PasspackLocalAccount", SupportsShouldProcess = true)]
[OutputType(typeof(LocalAccount))]
public sealed class UpdatePasspackLocalAccountCommand : EachAccountCmdlet
{
    /// <summary>The Packing Key that was set online.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? PackingKey { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.ChooseStrictly(Account);
        if (LocalAccounts.IsUnlocked(folder) || PackingKey is null)
        {
            await UpdateAsync(Require(folder), PackingKey, cancellationToken);
            return;
        }
        using LocalVault vault = Unlock(folder, PackingKey);
        await UpdateAsync(vault, null, cancellationToken);
    }

    private async Task UpdateAsync(LocalVault vault, SecureString? packingKey, CancellationToken cancellationToken)
    {
        using SecretBytes? key = packingKey?.Read(SecretBytes.FromChars);
        IReadOnlyList<string> planned = await OnlineKeys.UpdateAsync(vault, key, whatIf: true, cancellationToken: cancellationToken);
        if (planned.Count == 0)
            WriteVerbose($"There is nothing to do: the keys of {vault.UserId} are of the current pack version, and no change of the Packing Key waits.");
        else if (!ShouldProcess(vault.UserId, string.Join("; ", planned)))
            return;
        else
            foreach (string done in await OnlineKeys.UpdateAsync(vault, key, whatIf: false, cancellationToken: cancellationToken))
                WriteVerbose(done);
        WriteObject(new LocalAccount(vault.Folder));
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
