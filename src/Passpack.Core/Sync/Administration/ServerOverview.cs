using System.Runtime.CompilerServices;
using Passpack.Protocol;
using Passpack.Sync.Manifests;
using Passpack.Vault.Account;

namespace Passpack.Sync.Administration;

/// <summary>A server as its administrator sees it: how it is, its own log, its invitations. Every request is signed by the administrator's keys.</summary>
public static class ServerOverview
{
    /// <summary>How the server is.</summary>
    /// <param name="vault">The administrator's: unlocked, and connected.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, and errors of the server.</exception>
    public static async Task<ServerStatus> GetStatusAsync(LocalVault vault, CancellationToken cancellationToken = default)
    {
        using var administrator = new Administrator(vault);
        ServerStatus status = await administrator.AskAsync(
            Routes.ServerStatus, by => new ReadStatusRequest(by), ProtocolJson.Default.ReadStatusRequest, ProtocolJson.Default.ServerStatus,
            cancellationToken).ConfigureAwait(false);
        return status is { Version: not null, Registration: not null, Limits: not null }
            ? status : throw administrator.Client.NotPasspack("what it says of itself is incomplete");
    }

    /// <summary>The server's own log after an event, the oldest first. Its chain is followed; where it stood before, no machine keeps.</summary>
    /// <param name="vault">The administrator's: unlocked, and connected.</param>
    /// <param name="after">The number before the first wanted. 0: all that is kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.ServerTampered"/>: its chain is broken; and errors of the server.
    /// </exception>
    public static async IAsyncEnumerable<LoggedEvent> ReadEventsAsync(
        LocalVault vault, long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var administrator = new Administrator(vault);
        var reader = new EventLogReader(administrator.Client, Guid.Empty, null, mayBeTrimmed: true, (from, cancel) => administrator.AskAsync(
            Routes.ServerEvents, by => new ReadServerEventsRequest(by, from), ProtocolJson.Default.ReadServerEventsRequest, ProtocolJson.Default.EventPage,
            cancel));
        await foreach ((LoggedEvent row, _) in reader.ReadAsync(after, cancellationToken).ConfigureAwait(false))
            yield return row;
    }

    /// <summary>The invitations that have not expired, used or not.</summary>
    /// <inheritdoc cref="GetStatusAsync"/>
    public static async IAsyncEnumerable<InvitationSummary> ListInvitationsAsync(
        LocalVault vault, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var administrator = new Administrator(vault);
        byte[] after = new byte[RecordMessage.DigestBytes];
        while (true)
        {
            byte[] from = after;
            InvitationPage page = await administrator.AskAsync(
                Routes.InvitationList, by => new ListInvitationsRequest(by, from), ProtocolJson.Default.ListInvitationsRequest,
                ProtocolJson.Default.InvitationPage, cancellationToken).ConfigureAwait(false);
            if (page.Invitations is null || page.Invitations.Count > Limits.InvitationsPerPage || (page.More && page.Invitations.Count == 0))
                throw administrator.Client.NotPasspack("its list of invitations is incomplete");
            foreach (InvitationSummary invitation in page.Invitations)
            {
                if (invitation?.Hash is not { Length: RecordMessage.DigestBytes } || invitation.Hash.AsSpan().SequenceCompareTo(after) <= 0)
                    throw administrator.Client.NotPasspack("its list of invitations is in no order");
                after = invitation.Hash;
                yield return invitation;
            }
            if (!page.More)
                yield break;
        }
    }

    /// <summary>Takes an invitation back that was not used.</summary>
    /// <param name="vault">The administrator's: unlocked, and connected.</param>
    /// <param name="hash">SHA-256 of its text.</param>
    /// <param name="cancellationToken">Gives up; it may have been taken back by then.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.InvitationInvalid"/>: it was used, or is not there; and errors of the server.
    /// </exception>
    public static async Task RemoveInvitationAsync(LocalVault vault, byte[] hash, CancellationToken cancellationToken = default)
    {
        using var administrator = new Administrator(vault);
        await administrator.SendAsync(
            Routes.InvitationRemoval, by => new RemoveInvitationRequest(by, hash), ProtocolJson.Default.RemoveInvitationRequest, cancellationToken)
            .ConfigureAwait(false);
    }
}
