using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>
/// What administrators see and do. Whoever is none learns nothing, not even whether a User ID exists: that he is one, and that his request was not taken
/// before, is looked at first, in the transaction of what he asks for.
/// </summary>
internal partial interface IServerStore
{
    /// <summary>Takes a request that only reads. <see cref="ChangeOutcome.HeadMoved"/> also if one of its number was taken before.</summary>
    Task<ChangeOutcome> AdministerAsync(AdministratorTurn by, CancellationToken cancel);

    /// <summary>
    /// Takes a request, and makes a change to an account. Each part is an event in its log, and in the server's. An administrator does not disable or remove
    /// his own account this way: <see cref="ChangeOutcome.NotOneself"/>.
    /// </summary>
    /// <param name="by">The request. It counts as taken also if there is no such account.</param>
    /// <param name="userId">Normalized.</param>
    /// <param name="change">The change.</param>
    /// <param name="act">The act, for the logs.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<AdministrationOutcome> ChangeAccountAsync(AdministratorTurn by, string userId, AccountChange change, Act act, CancellationToken cancel);

    /// <summary>Takes a request, and takes an invitation back. <see cref="ChangeOutcome.NotThere"/> if it was used, or is not there.</summary>
    Task<ChangeOutcome> RemoveInvitationAsync(AdministratorTurn by, byte[] hash, Act act, CancellationToken cancel);

    /// <summary>The accounts after a number, in the order of their numbers.</summary>
    /// <param name="after">The number before the first.</param>
    /// <param name="userId">The only one wanted, normalized. Null for all.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<IReadOnlyList<ServerAccountSummary>> ListAccountsAsync(long after, string? userId, int most, DateTimeOffset now, CancellationToken cancel);

    /// <summary>What all accounts come to.</summary>
    Task<StoreTotals> GetTotalsAsync(CancellationToken cancel);

    /// <summary>The invitations that have not expired, after a hash, in the order of their hashes.</summary>
    Task<IReadOnlyList<InvitationSummary>> ListInvitationsAsync(byte[] after, int most, DateTimeOffset now, CancellationToken cancel);

    /// <summary>Says whether an account is an administrator's. False if there is no such account; nothing is noted if it is so already.</summary>
    /// <param name="userId">Normalized.</param>
    /// <param name="administrator">Whether it is one.</param>
    /// <param name="act">The act, for the logs.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<bool> SetAdministratorAsync(string userId, bool administrator, Act act, CancellationToken cancel);

    /// <summary>The User IDs of administrators, and whether each is disabled; in their order, at most as many as named.</summary>
    Task<IReadOnlyList<(string UserId, bool Disabled)>> ListAdministratorsAsync(int most, CancellationToken cancel);
}
