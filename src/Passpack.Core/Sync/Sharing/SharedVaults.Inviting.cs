using System.Security.Cryptography;
using System.Text;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;

namespace Passpack.Sync.Sharing;

/// <summary>Invitations that this account gives.</summary>
public static partial class SharedVaults
{
    /// <summary>How long an invitation may hold, at most.</summary>
    public static readonly TimeSpan MostValidity = TimeSpan.FromDays(30);

    /// <summary>Invites somebody into a shared vault, as one of its Owners. The next syncs judge the answer.</summary>
    /// <param name="account">Unlocked, and online.</param>
    /// <param name="vaultId">The shared vault's.</param>
    /// <param name="userId">Who is invited; there need be no such account yet.</param>
    /// <param name="role">As what.</param>
    /// <param name="validity">For how long; at most <see cref="MostValidity"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The invitation: its text is a key, and goes by a way that the server's operator cannot read. The caller disposes it.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.VaultClosed"/>, <see cref="ErrorCodes.MemberNotFound"/>: it is no User ID; <see
    /// cref="ErrorCodes.QuotaExceeded"/>: too many are open; and as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task<VaultInvitation> InviteAsync(
        LocalVault account, Guid vaultId, string userId, VaultRole role, TimeSpan validity, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(validity, MostValidity);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(validity, TimeSpan.Zero);
        RequireUserId(userId);
        using Governing governing = await Governing.StartAsync(account, vaultId, cancellationToken).ConfigureAwait(false);
        LogState state = (await governing.PullAsync(cancellationToken).ConfigureAwait(false)).State;
        governing.RequireOwnerOfOpen(state);
        if (state.Members.Values.Any(member => SharingRules.IsSameUser(member.Identity.UserId, userId)))
            throw SharingErrors.MemberAlready(governing.Name, userId);
        DateTimeOffset now = account.Clock.GetUtcNow();
        VaultInvitation invitation = VaultInvitation.Create(governing.Server.Address.ToString(), governing.Identity, now + validity);
        try
        {
            // First there: an invitation that no record promises adds nobody, and expires.
            byte[] registration = SHA256.HashData(Encoding.ASCII.GetBytes(invitation.RegistrationText()));
            await governing.Server.InviteAsync(new NewVaultInvitationRequest(invitation.Id, userId, invitation.Expires, registration), cancellationToken)
                .ConfigureAwait(false);
            var promise = new Promise(invitation.Id, invitation.ToText(), vaultId, userId, role, state.Head.Number, now);
            await PersonalStore.WriteAsync(governing.Run, _ => [PersonalEdit.Put(promise)], cancellationToken).ConfigureAwait(false);
            return invitation;
        }
        catch
        {
            invitation.Dispose();
            throw;
        }
    }

    /// <summary>The invitations that this account gave, and that are open.</summary>
    /// <exception cref="PasspackException">As <see cref="VaultSync.RunAsync"/>.</exception>
    public static async Task<IReadOnlyList<GivenInvitation>> InvitationsAsync(LocalVault account, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        using SyncRun run = SyncRun.OpenReadOnly(account);
        IReadOnlyDictionary<Guid, StoredVaultInvitation> stored = await new SharingServer(run.Client).InvitationsAsync(cancellationToken).ConfigureAwait(false);
        return account.Personal(IReadOnlyList<GivenInvitation> (records) => [.. records.Promises().Select(promise =>
        {
            using VaultInvitation invitation = promise.Open();
            string vault = records.SharedVault(promise.VaultId)?.Name ?? promise.VaultId.ToString();
            return new GivenInvitation(promise.Invitation, promise.UserId, vault, promise.Role, invitation.Expires,
                stored.TryGetValue(promise.Invitation, out StoredVaultInvitation? online) && online.Answer is not null);
        }).OrderBy(invitation => invitation.Expires)]);
    }

    /// <summary>Takes an invitation back.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.InvitationInvalid"/>: there is none of this id; and as <see
    /// cref="VaultSync.RunAsync"/>.</exception>
    public static async Task WithdrawAsync(LocalVault account, Guid invitationId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        using SyncRun run = await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false);
        bool found = false;
        // The promise first: without it, nobody is added, whatever the server does.
        await PersonalStore.WriteAsync(run, records =>
        {
            PersonalEdit[] gone = [.. records.Promises().Where(promise => promise.Invitation == invitationId).Select(PersonalEdit.Remove)];
            found |= gone.Length > 0;
            return gone;
        }, cancellationToken).ConfigureAwait(false);
        await new SharingServer(run.Client).WithdrawAsync(invitationId, cancellationToken).ConfigureAwait(false);
        if (!found)
            throw SharingErrors.InvitationInvalid("this account gave none with this id, or it was settled. Get-PasspackInvitation lists those that are open.");
    }
}
