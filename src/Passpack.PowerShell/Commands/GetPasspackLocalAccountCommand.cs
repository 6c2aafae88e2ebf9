using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Shows the accounts on this machine; works while they are locked.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackLocalAccount")]
[OutputType(typeof(LocalAccount))]
public sealed class GetPasspackLocalAccountCommand : PasspackCmdlet
{
    /// <summary>User IDs, with wildcards; by default all.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [PSDefaultValue(Help = "*")]
    public string[] Account { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken stopping)
    {
        foreach (AccountFolder folder in Account.SelectMany(Find))
        {
            var account = new LocalAccount(folder);
            WriteObject(account);
            if (account.Error is not null)
                WriteError(account.Error, account.Account);
        }
        return Task.CompletedTask;
    }

    private IEnumerable<AccountFolder> Find(string account)
    {
        if (WildcardPattern.ContainsWildcardCharacters(account))
        {
            WildcardPattern pattern = EntryFilter.Pattern(account);
            return DataFolder.Current.Accounts().Where(folder => pattern.IsMatch(folder.UserId));
        }
        try
        {
            return [LocalAccounts.Find(account)];
        }
        catch (PasspackException e)
        {
            WriteError(e);
            return [];
        }
    }
}
