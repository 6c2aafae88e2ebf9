using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>What administrators do.</summary>
internal sealed partial class SqliteStore
{
    public Task<ChangeOutcome> AdministerAsync(AdministratorTurn by, CancellationToken cancel) =>
        ChangeAsync(connection => TakeRequest(connection, by), cancel);

    public Task<AdministrationOutcome> ChangeAccountAsync(
        AdministratorTurn by, string userId, AccountChange change, Act act, CancellationToken cancel) => WriteAsync<AdministrationOutcome>(
        connection =>
        {
            if (TakeRequest(connection, by) is not ChangeOutcome.Done and var refused)
                return (false, new(refused));
            // Taken also where nothing comes of it: else it could be sent again once there is such an account.
            if (FindAccount(connection, userId) is not { } account)
                return (true, new(ChangeOutcome.NotThere));
            if (account == by.Account && (change.Disabled == true || change.Removed))
                return (true, new(ChangeOutcome.NotOneself));
            return (true, new(ChangeOutcome.Done, Change(connection, account, change, act)));
        },
        cancel);

    public Task<ChangeOutcome> RemoveInvitationAsync(AdministratorTurn by, byte[] hash, Act act, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            if (TakeRequest(connection, by) is not ChangeOutcome.Done and var refused)
                return (false, refused);
            if (connection.Run("DELETE FROM invitation WHERE hash = $hash AND used IS NULL AND expires > $now", ("$hash", hash), ("$now", act.Now.ToStored())) == 0)
                return (true, ChangeOutcome.NotThere);
            AppendEvent(connection, by.Account, EventType.InvitationRemoved, act);
            return (true, ChangeOutcome.Done);
        },
        cancel);

    public Task<bool> SetAdministratorAsync(string userId, bool administrator, Act act, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            if (FindAccount(connection, userId) is not { } account)
                return (false, false);
            if (Set(connection, account, "administrator", administrator) > 0)
                AppendBoth(connection, account, administrator ? EventType.AdministratorGranted : EventType.AdministratorRevoked, act);
            return (true, true);
        },
        cancel);

    /// <summary>Whether the request is an administrator's, signed over the present state, and was not taken before. Counts it.</summary>
    private static ChangeOutcome TakeRequest(SqliteConnection connection, AdministratorTurn by)
    {
        if (!IsHead(connection, by.Account, by.Head))
            return ChangeOutcome.HeadMoved;
        if (!IsAdministrator(connection, by.Account))
            return ChangeOutcome.NotPermitted;
        return connection.Run(
            "UPDATE account SET administered = administered + 1 WHERE id = $account AND administered = $number",
            ("$account", by.Account), ("$number", by.Number)) == 1 ? ChangeOutcome.Done : ChangeOutcome.HeadMoved;
    }

    private static long? FindAccount(SqliteConnection connection, string userId) =>
        connection.First<long?>("SELECT id FROM account WHERE user_id = $user", row => row.GetInt64(0), ("$user", userId));

    /// <summary>Makes each part of a change. Returns how many devices were revoked.</summary>
    private int Change(SqliteConnection connection, long account, AccountChange change, Act act)
    {
        if (change.Disabled is { } disabled && Set(connection, account, "disabled", disabled) > 0)
            AppendBoth(connection, account, disabled ? EventType.AccountDisabled : EventType.AccountEnabled, act);
        if (change.Quota is { } quota)
        {
            connection.Run("UPDATE account SET quota = $quota WHERE id = $account", ("$account", account), ("$quota", quota.Bytes));
            AppendBoth(connection, account, EventType.QuotaSet, act, bytes: quota.Bytes ?? 0);
        }

        if (change.NeedsSecondFactor is { } needed && Set(connection, account, "needs_second_factor", needed) > 0)
            AppendBoth(connection, account, EventType.SecondFactorDemanded, act, count: needed ? 1 : 0);
        if (change.Lockout)
        {
            connection.Run("UPDATE account SET lockout_resets = lockout_resets + 1 WHERE id = $account", ("$account", account));
            AppendBoth(connection, account, EventType.LockoutReset, act);
        }

        int revoked = 0;
        if (change.Devices)
        {
            revoked = RevokeAll(connection, account);
            AppendBoth(connection, account, EventType.DevicesReset, act, count: revoked);
        }

        if (change.SecondFactor && ForgetSecondFactor(connection, account) > 0)
            AppendBoth(connection, account, EventType.SecondFactorReset, act);
        if (change.Code is (var hash, var until))
        {
            connection.Run(
                "UPDATE account SET reset_hash = $hash, reset_until = $until WHERE id = $account",
                ("$account", account), ("$hash", hash), ("$until", until.ToStored()));
            AppendBoth(connection, account, EventType.PasswordResetGiven, act);
        }

        if (change.Removed)
            Remove(connection, account, act);
        return revoked;
    }

    /// <summary>Sets a flag of an account. 0 if it is set so already.</summary>
    private static int Set(SqliteConnection connection, long account, string column, bool value) => connection.Run(
        $"UPDATE account SET {column} = $value WHERE id = $account AND {column} <> $value", ("$account", account), ("$value", value));

    private static int RevokeAll(SqliteConnection connection, long account)
    {
        connection.Run("DELETE FROM sign_in WHERE account = $account", ("$account", account));
        return connection.Run("DELETE FROM device WHERE account = $account", ("$account", account));
    }

    /// <summary>Appends what an administrator did to the server's log, and to that of the account, which is not told from where or by which device.</summary>
    private void AppendBoth(SqliteConnection connection, long account, EventType type, Act act, long count = 1, long bytes = 0)
    {
        AppendEvent(connection, account, type, act with { Device = null, Address = null }, count, bytes);
        AppendEvent(connection, ServerLog, type, act, count, bytes, subject: account);
    }
}
