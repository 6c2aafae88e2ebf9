using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Invitations to register.</summary>
internal sealed partial class SqliteStore
{
    public Task<bool> HasInvitationAsync(byte[] hash, DateTimeOffset now, CancellationToken cancel) => ReadAsync(
        connection => connection.First(
            "SELECT 1 FROM invitation WHERE hash = $hash AND used IS NULL AND expires > $now", row => row.GetInt32(0),
            ("$hash", hash), ("$now", now.ToStored())) == 1,
        cancel);

    public Task<ChangeOutcome> AddInvitationAsync(
        NewInvitation invitation, (long Account, ManifestName Head)? by, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            if (by is { } signer && !IsHead(connection, signer.Account, signer.Head))
                return ChangeOutcome.HeadMoved;
            if (by is { } owner && !IsAdministrator(connection, owner.Account))
                return ChangeOutcome.NotPermitted;
            connection.Run("DELETE FROM invitation WHERE expires <= $now", ("$now", act.Now.ToStored()));
            int added = connection.Run(
                """
                INSERT INTO invitation (hash, administrator, expires, made_by, quota) VALUES ($hash, $administrator, $expires, $by, $quota)
                ON CONFLICT (hash) DO NOTHING
                """,
                ("$hash", invitation.Hash), ("$administrator", invitation.Administrator), ("$expires", invitation.Expires.ToStored()),
                ("$by", by?.Account), ("$quota", invitation.Quota));
            if (added > 0 && by is { } inviter)
                AppendEvent(connection, inviter.Account, EventType.Invited, act);
            return ChangeOutcome.Done;
        },
        cancel);

    private static bool IsAdministrator(SqliteConnection connection, long account) => connection.First(
        "SELECT administrator AND NOT disabled FROM account WHERE id = $account AND user_id IS NOT NULL", row => row.GetInt32(0), ("$account", account)) == 1;

    /// <summary>Uses an invitation up: whether it makes an administrator, and the account's quota. Null if it does not hold.</summary>
    private static (bool Administrator, long? Quota)? UseInvitation(SqliteConnection connection, byte[] hash, DateTimeOffset now) =>
        connection.First<(bool, long?)?>(
            "UPDATE invitation SET used = $now WHERE hash = $hash AND used IS NULL AND expires > $now RETURNING administrator, quota",
            row => (row.GetBoolean(0), NumberOrNull(row, 1)), ("$hash", hash), ("$now", now.ToStored()));
}
