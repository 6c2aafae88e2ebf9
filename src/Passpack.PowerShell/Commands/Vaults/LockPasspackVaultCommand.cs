using System.Management.Automation;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Locks an account in this process; no effect if it is locked.</summary>
[Cmdlet(VerbsCommon.Lock, "PasspackVault")]
[OutputType(typeof(void))]
public sealed class LockPasspackVaultCommand : EachAccountCmdlet
{
    /// <summary>All accounts that this process has unlocked, in every data folder.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        if (All)
        {
            UnlockedAccounts.Shared.LockAll();
            WriteVerbose("All accounts are locked.");
            return Task.CompletedTask;
        }
        AccountFolder folder = LocalAccounts.Choose(Account);
        UnlockedAccounts.Shared.Lock(folder);
        WriteVerbose($"The account {folder.UserId} is locked.");
        return Task.CompletedTask;
    }
}
