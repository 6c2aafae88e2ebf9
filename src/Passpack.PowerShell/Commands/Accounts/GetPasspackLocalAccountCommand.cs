using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Shows the accounts on this machine; works while they are locked.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackLocalAccount")]
[OutputType(typeof(LocalAccount))]
public sealed class GetPasspackLocalAccountCommand : PasspackCmdlet
{
    /// <summary>User IDs, with wildcards; by default all.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [TextTransformation(Needed = true, Several = true)]
    [SupportsWildcards]
    [PSDefaultValue(Help = "*")]
    public string[] Account { get; set; } = ["*"];

    /// <summary>Also asks each account's server: whether it answers, accepts this machine's token, and has the right account.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        foreach (AccountFolder folder in Account.SelectMany(Find))
        {
            var account = new LocalAccount(folder);
            PasspackException? error = account.Error;
            if (Online && error is null && account.Server is not null)
            {
                (error, DateTimeOffset? removalDue) = await AskAsync(folder, cancellationToken);
                account.NoteOnline(error, account.Unlocked, removalDue);
                WarnOfRemoval(account.Account, removalDue);
            }
            WriteObject(account);
            if (account.Reset is not null)
                WriteWarning(account.Reset);
            else if (error is not null && account.State != LocalAccountState.Quarantined)
                WriteError(error, account.Account);
        }
    }

    /// <summary>Checks an account with its server. If the account is locked, only whether the server answers.</summary>
    /// <returns>The problem, null if there is none; and when the server removes the account.</returns>
    private static async Task<(PasspackException? Error, DateTimeOffset? RemovalDue)> AskAsync(AccountFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            if (UnlockedAccounts.Shared.Find(folder) is { } vault)
                return (null, await ServerCheck.CheckAsync(vault, cancellationToken));
            await ServerCheck.ReachAsync(folder, cancellationToken);
            return (null, null);
        }
        catch (PasspackException e)
        {
            return (e, null);
        }
    }

    private IEnumerable<AccountFolder> Find(string account)
    {
        if (WildcardPattern.ContainsWildcardCharacters(account))
        {
            WildcardPattern pattern = EntryFilter.Pattern(account);
            return DataFolder.Current.Places().Where(folder => (folder.Exists || folder.IsBeingReset || folder.IsSetAside)
                && EntryFilter.Fits(pattern, folder.UserId));
        }
        try
        {
            return [LocalAccounts.FindOrSetAside(account)];
        }
        catch (PasspackException e)
        {
            WriteError(e);
            return [];
        }
    }
}
