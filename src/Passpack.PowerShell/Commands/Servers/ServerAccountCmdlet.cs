using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// A cmdlet by which an administrator does something to one account of a server: to each that is piped in; one that fails does not stop the others.
/// </summary>
public abstract class ServerAccountCmdlet : EachAccountCmdlet
{
    /// <summary>The User ID of the account that is meant; also that of a piped account.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [TextTransformation(Needed = true)]
    public string? UserId { get; set; }

    /// <summary>Does it, if the user agrees.</summary>
    /// <param name="administrator">Unlocked, and connected.</param>
    /// <param name="account">As the server has it now.</param>
    /// <param name="server">Where.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private protected abstract Task ProcessAsync(LocalVault administrator, ServerAccount account, Uri server, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected sealed override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        if (UserId is null)
            throw ErrorRecords.Invalid("-UserId is missing: it says which account is meant. Get-PasspackServerAccount lists the accounts.", null);
        LocalVault administrator = RequireAccount();
        Uri server = ServerOf(administrator);
        // Looked up first, so that -WhatIf and the question are about an account that there is.
        await ProcessAsync(administrator, await FindAsync(administrator, cancellationToken), server, cancellationToken);
    }

    /// <summary>The account as the server has it.</summary>
    private protected async Task<ServerAccount> FindAsync(LocalVault administrator, CancellationToken cancellationToken)
    {
        await foreach (ServerAccountSummary found in ServerAccounts.ListAsync(administrator, UserId, cancellationToken))
            return new ServerAccount(found, administrator.UserId);
        throw new PasspackException(ErrorCodes.ServerAccountNotFound, $"There is no account {UserId}.") { Target = UserId };
    }
}
