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

    /// <summary>Helps the owner of an account back in.</summary>
    /// <inheritdoc cref="ChangeAsync" path="/exception"/>
    /// <param name="vault">The administrator's: unlocked, and connected.</param>
    /// <param name="userId">Of the account.</param>
    /// <param name="reset">What is reset.</param>
    /// <param name="cancellationToken">Gives up; it may have been done by then.</param>
    public static async Task<ServerAccountResetResult> ResetAsync(
        LocalVault vault, string userId, ServerAccountReset reset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reset);
        using var administrator = new Administrator(vault);
        // The server gets to know the code when it is used.
        string? code = reset.Password ? PasswordResets.Create() : null;
        byte[]? hash = code is null ? null : PasswordResets.HashOf(code);
        ResetAnswer answer = await administrator.AskAsync(
            Routes.ServerAccountReset, by => new ResetAccountRequest(by, userId, reset.Lockout, reset.Devices, reset.SecondFactor, hash),
            ProtocolJson.Default.ResetAccountRequest, ProtocolJson.Default.ResetAnswer, cancellationToken).ConfigureAwait(false);
        if (code is not null && answer.CodeUntil is null)
            throw administrator.Client.NotPasspack("it does not say until when the code holds");
        return new ServerAccountResetResult(answer.Devices, code, code is null ? null : answer.CodeUntil);
    }
}

/// <summary>What of an account is reset.</summary>
/// <param name="Lockout">The failed logins.</param>
/// <param name="Devices">All its devices.</param>
/// <param name="SecondFactor">The second factor.</param>
/// <param name="Password">The Password, by a code.</param>
public sealed record ServerAccountReset(bool Lockout, bool Devices, bool SecondFactor, bool Password);

/// <summary>What a reset did.</summary>
/// <param name="Devices">How many devices were revoked.</param>
/// <param name="Code">The code by which the owner sets another Password. Null if none was asked for.</param>
/// <param name="CodeUntil">Until when it holds. Null if there is none.</param>
public sealed record ServerAccountResetResult(int Devices, string? Code, DateTimeOffset? CodeUntil)
{
    // Without the code.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(System.Globalization.CultureInfo.InvariantCulture, $"Devices = {Devices}");
        return true;
    }
}
