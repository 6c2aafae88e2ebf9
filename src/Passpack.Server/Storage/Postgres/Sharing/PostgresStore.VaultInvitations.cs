using Npgsql;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Invitations to shared vaults.</summary>
internal sealed partial class PostgresStore
{
    public Task<SharingOutcome> AddVaultInvitationAsync(long account, NewVaultInvitationRequest invitation, Act act, CancellationToken cancel) => ShareAsync(
        async work =>
        {
            if (!(await LockAsync(work, account, act.Now)).IsThere)
                return SharingOutcome.NotMember;
            if (await FindVaultInvitationAsync(work, invitation.Id) is var (inviter, stored, registration))
                return inviter == account && IsSame(invitation, stored, registration) ? SharingOutcome.Repeated : SharingOutcome.Taken;
            work.Run("DELETE FROM vault_invitation WHERE account = @account AND expires < @before",
                ("account", account), ("before", (act.Now - KeptVaultInvitations).ToStored()));
            (long open, long all) = await work.FirstNowAsync(
                "SELECT count(*) FILTER (WHERE expires > @now), count(*) FROM vault_invitation WHERE account = @account",
                row => (row.GetInt64(0), row.GetInt64(1)), ("account", account), ("now", act.Now.ToStored()));
            if (open >= Limits.VaultInvitationsOpen || all >= MostVaultInvitations)
                return SharingOutcome.TooMany;
            int added = await work.RunNowAsync(
                """
                INSERT INTO vault_invitation (account, id, user_id, expires, registration) VALUES (@account, @id, @user, @expires, @registration)
                ON CONFLICT (id) DO NOTHING
                """,
                ("account", account), ("id", invitation.Id), ("user", invitation.UserId.ToStoredUserId()), ("expires", invitation.Expires.ToStored()),
                ("registration", invitation.Registration));
            SumEvent(work, account, EventType.VaultInvitationMade, act, HourOf(act.Now), 1);
            return added == 1 ? SharingOutcome.Done : SharingOutcome.Taken;
        },
        cancel);

    public Task<IReadOnlyList<StoredVaultInvitation>> ListVaultInvitationsAsync(long account, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<StoredVaultInvitation>>(
            async work => await work.AllNowAsync(
                "SELECT id, user_id, expires, answer FROM vault_invitation WHERE account = @account ORDER BY id", ToVaultInvitation, ("account", account)),
            cancel);

    public Task<bool> RemoveVaultInvitationAsync(long account, Guid id, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            bool removed = await work.RunNowAsync("DELETE FROM vault_invitation WHERE account = @account AND id = @id", ("account", account), ("id", id)) == 1;
            return (removed, removed);
        },
        cancel);

    public Task<(long Inviter, StoredVaultInvitation Invitation)?> FindVaultInvitationAsync(Guid id, CancellationToken cancel) =>
        ReadAsync<(long, StoredVaultInvitation)?>(
            async work => await FindVaultInvitationAsync(work, id) is var (inviter, invitation, _) ? (inviter, invitation) : null, cancel);

    public Task<SharingOutcome> AnswerVaultInvitationAsync(long inviter, Guid id, long by, byte[] answer, Act act, CancellationToken cancel) => ShareAsync(
        async work =>
        {
            // In the order of their ids, as all that hold more than one.
            LockedAccount lower = await LockAsync(work, Math.Min(inviter, by), act.Now);
            LockedAccount higher = inviter == by ? lower : await LockAsync(work, Math.Max(inviter, by), act.Now);
            (LockedAccount theirs, LockedAccount own) = inviter < by ? (lower, higher) : (higher, lower);
            if (await FindVaultInvitationAsync(work, id) is not var (account, invitation, _) || account != inviter || !theirs.IsThere)
                return SharingOutcome.Taken;
            if (invitation.Answer is { } before)
                return before.AsSpan().SequenceEqual(answer) ? SharingOutcome.Repeated : SharingOutcome.Taken;
            if (invitation.Expires <= act.Now)
                return SharingOutcome.Taken;
            work.Run("UPDATE vault_invitation SET answer = @answer, registration = NULL WHERE account = @account AND id = @id",
                ("account", inviter), ("id", id), ("answer", answer));
            AppendEvent(work, own.Log, EventType.VaultInvitationAnswered, act);
            if (by != inviter)
                AppendEvent(work, theirs.Log, EventType.VaultInvitationAnswered, OfAnother(act));
            return SharingOutcome.Done;
        },
        cancel);

    public Task<bool> MayRegisterAsync(byte[] hash, string userId, DateTimeOffset now, CancellationToken cancel) =>
        ReadAsync(async work => await FindRegistrationAsync(work, hash, userId, now) is not null, cancel);

    /// <summary>The account whose invitation lets a User ID register, and the invitation's id.</summary>
    private static async Task<(long Account, Guid Id)?> FindRegistrationAsync(PostgresWork work, byte[] hash, string userId, DateTimeOffset now)
    {
        foreach ((long account, Guid id, string invited) in await work.AllNowAsync(
            """
            SELECT v.account, v.id, v.user_id FROM vault_invitation v JOIN account ON account.id = v.account
            WHERE registration = @hash AND expires > @now AND account.user_id IS NOT NULL AND NOT account.disabled
            """,
            row => (row.GetInt64(0), row.GetGuid(1), row.UserId(2)), ("hash", hash), ("now", now.ToStored())))
        {
            if (UserIds.Normalize(invited) == userId)
                return (account, id);
        }

        return null;
    }

    /// <summary>Uses an invitation to a shared vault up for a registration. Whether there is one for this User ID.</summary>
    private static async Task<bool> UseRegistrationAsync(PostgresWork work, byte[] hash, string userId, DateTimeOffset now) =>
        await FindRegistrationAsync(work, hash, userId, now) is var (account, id) && await work.RunNowAsync(
            "UPDATE vault_invitation SET registration = NULL WHERE account = @account AND id = @id AND registration IS NOT NULL",
            ("account", account), ("id", id)) == 1;

    private static Task<(long Inviter, StoredVaultInvitation Invitation, byte[]? Registration)?> FindVaultInvitationAsync(PostgresWork work, Guid id) =>
        work.FirstNowAsync<(long, StoredVaultInvitation, byte[]?)?>(
            "SELECT id, user_id, expires, answer, registration, account FROM vault_invitation WHERE id = @id",
            row => (row.GetInt64(5), ToVaultInvitation(row), row.BytesOrNull(4)), ("id", id));

    private static StoredVaultInvitation ToVaultInvitation(NpgsqlDataReader row) => new(row.GetGuid(0), row.UserId(1), row.Time(2), row.BytesOrNull(3));
}
