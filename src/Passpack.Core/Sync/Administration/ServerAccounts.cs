using System.Runtime.CompilerServices;
using Passpack.Protocol;
using Passpack.Vault.Account;

namespace Passpack.Sync.Administration;

/// <summary>The accounts of a server, as an administrator sees and changes them. Every request is signed by the administrator's keys.</summary>
public static class ServerAccounts
{
    /// <summary>The accounts, in the order in which they were registered; page by page, as the caller takes them.</summary>
    /// <param name="vault">The administrator's: unlocked, and connected.</param>
    /// <param name="userId">The only one wanted. Null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.ServerAccountNotFound"/> of the one wanted, and errors of the server.
    /// </exception>
    public static async IAsyncEnumerable<ServerAccountSummary> ListAsync(
        LocalVault vault, string? userId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var administrator = new Administrator(vault);
        long after = 0;
        while (true)
        {
            long from = after;
            ServerAccountPage page = await administrator.AskAsync(
                Routes.ServerAccounts, by => new ListAccountsRequest(by, from, userId), ProtocolJson.Default.ListAccountsRequest,
                ProtocolJson.Default.ServerAccountPage, cancellationToken).ConfigureAwait(false);
            if (page.Accounts is null || page.Accounts.Count > Limits.AccountsPerPage || (page.More && page.Accounts.Count == 0))
                throw administrator.Client.NotPasspack("its list of accounts is incomplete");
            foreach (ServerAccountSummary account in page.Accounts)
            {
                // Ascending numbers: so a list has an end, and no account twice.
                if (account?.UserId is null or { Length: 0 or > UserIds.MaxLength } || account.Number <= after)
                    throw administrator.Client.NotPasspack("its list of accounts is in no order");
                after = account.Number;
                yield return account;
            }
            if (userId is not null && page.Accounts.Count == 0)
            {
                throw new PasspackException(ErrorCodes.ServerAccountNotFound,
                    $"{administrator.Client.Server} has no account with the User ID {userId}. Get-PasspackServerAccount lists those that it has.")
                { Target = userId };
            }
            if (!page.More)
                yield break;
        }
    }

    /// <summary>Changes what an administrator decides of an account. What is null stays.</summary>
    /// <param name="vault">The administrator's: unlocked, and connected.</param>
    /// <param name="userId">Of the account.</param>
    /// <param name="disabled">Whether it is disabled.</param>
    /// <param name="quota">How many bytes it may hold.</param>
    /// <param name="needsSecondFactor">Whether it has to have a second factor.</param>
    /// <param name="cancellationToken">Gives up; it may have been changed by then.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.ServerAccountNotFound"/>, and errors of the server.
    /// </exception>
    public static async Task ChangeAsync(
        LocalVault vault, string userId, bool? disabled = null, QuotaChange? quota = null, bool? needsSecondFactor = null,
        CancellationToken cancellationToken = default)
    {
        using var administrator = new Administrator(vault);
        await administrator.SendAsync(
            Routes.ServerAccountChange, by => new ChangeAccountRequest(by, userId, disabled, quota, needsSecondFactor),
            ProtocolJson.Default.ChangeAccountRequest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes an account with everything in it, at once and for good.</summary>
    /// <inheritdoc cref="ChangeAsync" path="/exception"/>
    /// <param name="vault">The administrator's: unlocked, and connected.</param>
    /// <param name="userId">Of the account.</param>
    /// <param name="cancellationToken">Gives up; it may have been removed by then.</param>
    public static async Task RemoveAsync(LocalVault vault, string userId, CancellationToken cancellationToken = default)
    {
        using var administrator = new Administrator(vault);
        await administrator.SendAsync(
            Routes.ServerAccountRemoval, by => new RemoveServerAccountRequest(by, userId), ProtocolJson.Default.RemoveServerAccountRequest,
            cancellationToken).ConfigureAwait(false);
    }
}
