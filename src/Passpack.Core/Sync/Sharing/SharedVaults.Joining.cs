using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;

namespace Passpack.Sync.Sharing;

/// <summary>How this account becomes a member.</summary>
public static partial class SharedVaults
{
    /// <summary>Answers an invitation. After the inviter's next sync, this account's next sync has the vault.</summary>
    /// <param name="account">Unlocked, and online.</param>
    /// <param name="invitation">As the inviter gave it.</param>
    /// <param name="name">The account's own name for the vault.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What waits; its id is the invitation's, for only the log tells the vault's.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.InvitationInvalid"/>; <see cref="ErrorCodes.VaultAmbiguous"/>; <see cref="ErrorCodes.ServerTampered"/>: the server says that
    /// somebody else invites; and as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task<SharedVaultInfo> ConnectAsync(
        LocalVault account, VaultInvitation invitation, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(invitation);
        RequireName(account, name, null);
        DateTimeOffset now = account.Clock.GetUtcNow();
        if (now > invitation.Expires)
            throw SharingErrors.InvitationInvalid("it has expired. Ask for another one. Nothing was changed.");
        using SyncRun run = await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false);
        if (SharingRules.IsSameUser(invitation.InviterUserId, run.Identity.UserId))
            throw SharingErrors.InvitationInvalid("this account gave it itself. Nothing was changed.");
        var server = new SharingServer(run.Client);
        AccountIdentity inviter = await server.InviterAsync(invitation.Id, cancellationToken).ConfigureAwait(false)
            ?? throw SharingErrors.InvitationInvalid($"{server.Address} has none such for {account.UserId}. It is of {invitation.Server}; "
                + "it may have been taken back, or be for another User ID. Nothing was changed.");
        if (Hash256.Read(inviter.Fingerprint) != invitation.Inviter || !SharingRules.IsSameUser(inviter.UserId, invitation.InviterUserId))
            throw Client.SyncErrors.Tampered(server.Address, "another inviter than the one whose fingerprint the invitation has");
        InvitationAnswer answer = invitation.Answer(run.Identity, message => run.Keys.Sign(run.Identity, SignaturePurpose.InvitationAnswer, message));
        var answered = new AnsweredInvitation(invitation.Id, invitation.Inviter, inviter.UserId, name, invitation.Expires, now);
        await PersonalStore.WriteAsync(run, records => IsTaken(records, name, null) ? throw SharingErrors.NameTaken(name)
            : [.. Pin(records, inviter, ContactProof.Invitation, now), PersonalEdit.Put(answered)], cancellationToken).ConfigureAwait(false);
        try
        {
            await server.AnswerAsync(answer, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ServerCode is ErrorCodes.InvitationInvalid or ErrorCodes.NotFound)
        {
            await PersonalStore.WriteAsync(run, _ => [PersonalEdit.Remove(answered)], cancellationToken).ConfigureAwait(false);
            throw SharingErrors.InvitationInvalid("it was answered before, or was taken back meanwhile. Ask for another one.");
        }
        return new SharedVaultInfo { Id = invitation.Id, Name = name, Status = SharedVaultStatus.Answered, Since = now };
    }

    /// <summary>Takes up an offer: an Owner, who is a contact of this account, added it. The next sync brings the vault.</summary>
    /// <param name="account">Unlocked, and online.</param>
    /// <param name="vaultId">Which.</param>
    /// <param name="name">The account's own name for the vault.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultNotFound"/>: it is not offered; <see cref="ErrorCodes.ContactNotVerified"/>: by somebody whom this account does not know;
    /// <see cref="ErrorCodes.VaultAmbiguous"/>; <see cref="ErrorCodes.ServerTampered"/>: its log is none; and as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task<SharedVaultInfo> AcceptAsync(LocalVault account, Guid vaultId, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        RequireName(account, name, vaultId);
        using SyncRun run = await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false);
        await VaultSync.PullAsync(run, cancellationToken).ConfigureAwait(false);
        var server = new SharingServer(run.Client);
        if (await server.ReadLogAsync(vaultId, cancellationToken).ConfigureAwait(false) is not { } read
            || Joining.Find(read.Log, read.Statements, run.Identity) is not { } joining)
            throw SharingErrors.NotOffered(vaultId, server.Address);
        Hash256 own = Hash256.Read(run.Identity.Fingerprint);
        if (joining.Voucher != own && !account.Contacts().Any(contact => contact.Fingerprint == joining.Voucher))
            throw SharingErrors.NotVerified(joining.VoucherUserId);
        await PersonalStore.WriteAsync(run, records => records.SharedVault(vaultId) is { Standing: SharedVaultStanding.Joined } ? []
            : [PersonalEdit.Put(Named(records, joining.ToRecord(name, account.Clock.GetUtcNow())))], cancellationToken).ConfigureAwait(false);
        return account.FindShared(vaultId);
    }
}
