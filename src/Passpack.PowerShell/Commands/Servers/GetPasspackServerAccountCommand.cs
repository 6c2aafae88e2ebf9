using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Lists the accounts of a server, for its administrator: state, devices, bytes, when they were seen; nothing of what they hold.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackServerAccount")]
[OutputType(typeof(ServerAccount))]
public sealed class GetPasspackServerAccountCommand : EachAccountCmdlet
{
    /// <summary>Their User IDs, with wildcards; by default all.</summary>
    [Parameter]
    [SupportsWildcards]
    [PSDefaultValue(Help = "*")]
    [ValidateNotNullOrEmpty]
    public string[] UserId { get; set; } = ["*"];

    /// <summary>Only those that an administrator disabled.</summary>
    [Parameter]
    public SwitchParameter Disabled { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault administrator = RequireAccount();
        string[] exact = [.. UserId.Where(id => !WildcardPattern.ContainsWildcardCharacters(id)).Select(WildcardPattern.Unescape)];
        WildcardPattern[] patterns = [.. UserId.Where(WildcardPattern.ContainsWildcardCharacters).Select(EntryFilter.Pattern)];
        foreach (string id in exact)
        {
            try
            {
                await foreach (ServerAccountSummary found in ServerAccounts.ListAsync(administrator, id, cancellationToken))
                    Emit(found, administrator);
            }
            catch (PasspackException e) when (e.ErrorId == ErrorCodes.ServerAccountNotFound)
            {
                WriteError(e, id);
            }
        }
        if (patterns.Length == 0)
            return;
        // As the pages come: a server may have a hundred thousand.
        await foreach (ServerAccountSummary found in ServerAccounts.ListAsync(administrator, null, cancellationToken))
        {
            if (patterns.Any(pattern => pattern.IsMatch(found.UserId)))
                Emit(found, administrator);
        }
    }

    private void Emit(ServerAccountSummary found, LocalVault administrator)
    {
        if (!Disabled || found.Disabled)
            WriteObject(new ServerAccount(found, administrator.UserId));
    }
}
