using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Passwords that are set by a code of an administrator.</summary>
internal sealed partial class SqliteStore
{
    public Task<StoredReset?> FindResetAsync(string userId, byte[] code, DateTimeOffset now, CancellationToken cancel) => SnapshotAsync(
        connection => connection.First(
            LoginColumns + "WHERE user_id = $user AND reset_hash = $code AND reset_until > $now", ToLogin,
            ("$user", userId), ("$code", code), ("$now", now.ToStored())) is { } login && ReadKeys(connection, login.Account) is { } keys
            ? new StoredReset(login, keys) : null,
        cancel);

    public Task<ChangeOutcome> ResetLoginAsync(
        StoredLogin found, NewLogin login, byte[] code, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            if (!IsHead(connection, found.Account, head))
                return ChangeOutcome.HeadMoved;
            int holds = connection.First(
                "SELECT 1 FROM account WHERE id = $account AND reset_hash = $code AND reset_until > $now", row => row.GetInt32(0),
                ("$account", found.Account), ("$code", code), ("$now", act.Now.ToStored()));
            if (holds == 0 || !PutLogin(connection, found, login))
                return ChangeOutcome.NotThere;
            VoidReset(connection, found.Account);
            AppendEvent(connection, found.Account, EventType.PasswordReset, act, count: RevokeAll(connection, found.Account));
            return ChangeOutcome.Done;
        },
        cancel);
}
