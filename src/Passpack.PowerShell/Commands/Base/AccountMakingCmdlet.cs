using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that sets this machine up with an account, and leaves it unlocked.</summary>
public abstract class AccountMakingCmdlet : PasspackCmdlet
{
    /// <summary>Adds the account to the unlocked ones, and emits it.</summary>
    private protected void Emit(LocalVault vault)
    {
        UnlockedAccounts.Shared.Add(vault);
        WriteVerbose($"The account {vault.UserId} is on this machine now, and unlocked: {vault.Path}.");
        WriteObject(new LocalAccount(vault.Folder));
    }
}
