using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Unlocks an account for this process.</summary>
[Cmdlet(VerbsCommon.Unlock, "PasspackVault", DefaultParameterSetName = "PackingKey")]
[OutputType(typeof(LocalAccount))]
public sealed class UnlockPasspackVaultCommand : EachAccountCmdlet
{
    /// <summary>The Packing Key.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "PackingKey")]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>Unlocks without the Packing Key, by the key that Enable-PasspackUnattendedUnlock stored for this user on this machine.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Unattended")]
    public SwitchParameter Unattended { get; set; }

    /// <summary>Emit the account.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Choose(Account);
        if (ParameterSetName == nameof(Unattended))
            UnlockUnattended(folder);
        else
            UnlockWithKey(folder);
        WriteVerbose($"The account {folder.UserId} is unlocked for this process.");
        if (AccountInspector.Describe(folder).WayOut is { } wayOut)
            WriteWarning(wayOut);
        CopyDaily(folder);
        if (PassThru)
            WriteObject(new LocalAccount(folder));
        return Task.CompletedTask;
    }

    private void UnlockUnattended(AccountFolder folder)
    {
        if (!Unattended)
            throw ErrorRecords.Invalid("Without -Unattended the vault is unlocked with its Packing Key: give -PackingKey.", folder.UserId);
        UnlockedAccounts.Shared.UnlockUnattended(DataFolder.Current, folder.UserId);
    }

    private void UnlockWithKey(AccountFolder folder)
    {
        WriteVerbose($"Deriving the key of {folder.UserId}; that takes about a second, on purpose.");
        using SecretBytes key = PackingKey.Read(SecretBytes.FromChars);
        UnlockedAccounts.Shared.Unlock(DataFolder.Current, folder.UserId, key);
    }
}
