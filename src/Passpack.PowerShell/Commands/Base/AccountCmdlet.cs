using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that works on one account at a time.</summary>
public abstract class AccountCmdlet : VaultCmdlet
{
    /// <summary>The account's User ID; by default the only local account, else the only unlocked one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [TextTransformation(Needed = true)]
    public string? Account { get; set; }

    /// <summary>The unlocked account that the cmdlet works on.</summary>
    private protected LocalVault RequireAccount() => Require(LocalAccounts.Choose(Account));
}
