using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Invitations to shared vaults.</summary>
internal sealed partial class SqliteStore
{
    public Task<SharingOutcome> AddVaultInvitationAsync(long account, NewVaultInvitationRequest invitation, Act act, CancellationToken cancel) => ShareAsync(
        connection =>
        {
            if (FindVaultInvitation(connection, invitation.Id) is var (inviter, stored, registration))
                return inviter == account && IsSame(invitation, stored, registration) ? SharingOutcome.Repeated : SharingOutcome.Taken;
            connection.Run("DELETE FROM vault_invitation WHERE account = $account AND expires < $before",
                ("$account", account), ("$before", (act.Now - KeptVaultInvitations).ToStored()));
            (long open, long all) = connection.First(
                "SELECT count(*) FILTER (WHERE expires > $now), count(*) FROM vault_invitation WHERE account = $account",
                row => (row.GetInt64(0), row.GetInt64(1)), ("$account", account), ("$now", act.Now.ToStored()));
            if (open >= Limits.VaultInvitationsOpen || all >= MostVaultInvitations)
                return SharingOutcome.TooMany;
            int added = connection.Run(
                """
                INSERT INTO vault_invitation (account, id, user_id, expires, registration)
                SELECT id, $id, $user, $expires, $registration FROM account WHERE id = $account AND user_id IS NOT NULL
                """,
                ("$account", account), ("$id", invitation.Id.ToStored()), ("$user", invitation.UserId), ("$expires", invitation.Expires.ToStored()),
                ("$registration", invitation.Registration));
            SumEvent(connection, account, EventType.VaultInvitationMade, act, HourOf(act.Now), 1);
            return added == 1 ? SharingOutcome.Done : SharingOutcome.NotMember;
        },
        cancel);

    public Task<IReadOnlyList<StoredVaultInvitation>> ListVaultInvitationsAsync(long account, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<StoredVaultInvitation>>(
            connection => connection.All(
                "SELECT id, user_id, expires, answer FROM vault_invitation WHERE account = $account ORDER BY id", ToVaultInvitation, ("$account", account)),
            cancel);

    public Task<bool> RemoveVaultInvitationAsync(long account, Guid id, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            bool removed = connection.Run(
                "DELETE FROM vault_invitation WHERE account = $account AND id = $id", ("$account", account), ("$id", id.ToStored())) == 1;
            return (removed, removed);
        },
        cancel);

    public Task<(long Inviter, StoredVaultInvitation Invitation)?> FindVaultInvitationAsync(Guid id, CancellationToken cancel) =>
        ReadAsync<(long, StoredVaultInvitation)?>(
            connection => FindVaultInvitation(connection, id) is var (inviter, invitation, _) ? (inviter, invitation) : null, cancel);

    public Task<SharingOutcome> AnswerVaultInvitationAsync(long inviter, Guid id, long by, byte[] answer, Act act, CancellationToken cancel) => ShareAsync(
        connection =>
        {
            if (FindVaultInvitation(connection, id) is not var (account, invitation, _) || account != inviter)
                return SharingOutcome.Taken;
            if (invitation.Answer is { } before)
                return before.AsSpan().SequenceEqual(answer) ? SharingOutcome.Repeated : SharingOutcome.Taken;
            if (invitation.Expires <= act.Now)
                return SharingOutcome.Taken;
            connection.Run("UPDATE vault_invitation SET answer = $answer, registration = NULL WHERE account = $account AND id = $id",
                ("$account", inviter), ("$id", id.ToStored()), ("$answer", answer));
            AppendEvent(connection, by, EventType.VaultInvitationAnswered, act);
            if (by != inviter)
                AppendEvent(connection, inviter, EventType.VaultInvitationAnswered, OfAnother(act));
            return SharingOutcome.Done;
        },
        cancel);

    public Task<bool> MayRegisterAsync(byte[] hash, string userId, DateTimeOffset now, CancellationToken cancel) =>
        ReadAsync(connection => FindRegistration(connection, hash, userId, now) is not null, cancel);

    /// <summary>The account whose invitation lets a User ID register, and the invitation's id.</summary>
    private static (long Account, Guid Id)? FindRegistration(SqliteConnection connection, byte[] hash, string userId, DateTimeOffset now)
    {
        foreach ((long account, Guid id, string invited) in connection.All(
            """
            SELECT vault_invitation.account, vault_invitation.id, vault_invitation.user_id FROM vault_invitation JOIN account ON account.id = vault_invitation.account
            WHERE registration = $hash AND expires > $now AND account.user_id IS NOT NULL AND NOT account.disabled
            """,
            row => (row.GetInt64(0), row.Id(1), row.GetString(2)), ("$hash", hash), ("$now", now.ToStored())))
        {
            if (UserIds.Normalize(invited) == userId)
                return (account, id);
        }

        return null;
    }

    /// <summary>Uses an invitation to a shared vault up for a registration. Whether there is one for this User ID.</summary>
    private static bool UseRegistration(SqliteConnection connection, byte[] hash, string userId, DateTimeOffset now) =>
        FindRegistration(connection, hash, userId, now) is var (account, id) && connection.Run(
            "UPDATE vault_invitation SET registration = NULL WHERE account = $account AND id = $id", ("$account", account), ("$id", id.ToStored())) == 1;

    private static (long Inviter, StoredVaultInvitation Invitation, byte[]? Registration)? FindVaultInvitation(SqliteConnection connection, Guid id) =>
        connection.First<(long, StoredVaultInvitation, byte[]?)?>(
            "SELECT id, user_id, expires, answer, registration, account FROM vault_invitation WHERE id = $id",
            row => (row.GetInt64(5), ToVaultInvitation(row), row.IsDBNull(4) ? null : row.Bytes(4)), ("$id", id.ToStored()));

    private static StoredVaultInvitation ToVaultInvitation(SqliteDataReader row) =>
        new(row.Id(0), row.GetString(1), row.Time(2), row.IsDBNull(3) ? null : row.Bytes(3));
}
