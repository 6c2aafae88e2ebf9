using System.Diagnostics.CodeAnalysis;
using Npgsql;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>What administrators do.</summary>
internal sealed partial class PostgresStore
{
    public Task<ChangeOutcome> AdministerAsync(AdministratorTurn by, CancellationToken cancel) => ChangeAsync(
        async work => await TakeRequestAsync(work, by, await LockAsync(work, by.Account, DateTimeOffset.UnixEpoch)), cancel);

    public Task<AdministrationOutcome> ChangeAccountAsync(
        AdministratorTurn by, string userId, AccountChange change, Act act, CancellationToken cancel) => WriteAsync<AdministrationOutcome>(
        async work =>
        {
            // Both rows in the order of their numbers: two administrators may change each other.
            long? named = await FindAccountAsync(work, userId);
            var locked = new Dictionary<long, LockedAccount>();
            foreach (long account in new[] { by.Account, named ?? by.Account }.Distinct().Order())
                locked[account] = await LockAsync(work, account, act.Now);
            if (await TakeRequestAsync(work, by, locked[by.Account]) is not ChangeOutcome.Done and var refused)
                return (false, new(refused));
            // Taken also where nothing comes of it: else it could be sent again once there is such an account.
            if (named is not { } target || !locked[target].IsThere)
                return (true, new(ChangeOutcome.NotThere));
            if (target == by.Account && (change.Disabled == true || change.Removed))
                return (true, new(ChangeOutcome.NotOneself));
            return (true, new(ChangeOutcome.Done, await ChangeAsync(work, locked[target].Log, change, act)));
        },
        cancel);

    public Task<ChangeOutcome> RemoveInvitationAsync(AdministratorTurn by, byte[] hash, Act act, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, by.Account, act.Now);
            if (await TakeRequestAsync(work, by, locked) is not ChangeOutcome.Done and var refused)
                return (false, refused);
            int removed = await work.RunNowAsync(
                "DELETE FROM invitation WHERE hash = @hash AND used IS NULL AND expires > @now", ("hash", hash), ("now", act.Now.ToStored()));
            if (removed == 0)
                return (true, ChangeOutcome.NotThere);
            AppendEvent(work, locked.Log, EventType.InvitationRemoved, act);
            return (true, ChangeOutcome.Done);
        },
        cancel);

    public Task<bool> SetAdministratorAsync(string userId, bool administrator, Act act, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            if (await FindAccountAsync(work, userId) is not { } account || await LockAsync(work, account, act.Now) is not { IsThere: true } locked)
                return (false, false);
            if (await SetAsync(work, account, "administrator", administrator) > 0)
                AppendBoth(work, locked.Log, await OpenServerLogAsync(work), administrator ? EventType.AdministratorGranted : EventType.AdministratorRevoked, act);
            return (true, true);
        },
        cancel);

    /// <summary>Whether the request is an administrator's, signed over the present state, and was not taken before. Counts it.</summary>
    private static async Task<ChangeOutcome> TakeRequestAsync(PostgresWork work, AdministratorTurn by, LockedAccount locked)
    {
        if (!locked.IsHead(by.Head))
            return ChangeOutcome.HeadMoved;
        if (!await IsAdministratorAsync(work, by.Account))
            return ChangeOutcome.NotPermitted;
        return await work.RunNowAsync(
            "UPDATE account SET administered = administered + 1 WHERE id = @account AND administered = @number",
            ("account", by.Account), ("number", by.Number)) == 1 ? ChangeOutcome.Done : ChangeOutcome.HeadMoved;
    }

    private static Task<long?> FindAccountAsync(PostgresWork work, string userId) =>
        work.FirstNowAsync<long?>("SELECT id FROM account WHERE user_id = @user", row => row.GetInt64(0), ("user", userId.ToStoredUserId()));

    /// <summary>Makes each part of a change. Returns how many devices were revoked.</summary>
    private static async Task<int> ChangeAsync(PostgresWork work, OpenLog log, AccountChange change, Act act)
    {
        long account = log.Account;
        OpenLog serverLog = await OpenServerLogAsync(work);
        if (change.Disabled is { } disabled && await SetAsync(work, account, "disabled", disabled) > 0)
            AppendBoth(work, log, serverLog, disabled ? EventType.AccountDisabled : EventType.AccountEnabled, act);
        if (change.Quota is { } quota)
        {
            work.Run("UPDATE account SET quota = @quota WHERE id = @account", ("account", account), ("quota", quota.Bytes));
            AppendBoth(work, log, serverLog, EventType.QuotaSet, act, bytes: quota.Bytes ?? 0);
        }

        if (change.NeedsSecondFactor is { } needed && await SetAsync(work, account, "needs_second_factor", needed) > 0)
            AppendBoth(work, log, serverLog, EventType.SecondFactorDemanded, act, count: needed ? 1 : 0);
        if (change.Lockout)
        {
            work.Run("UPDATE account SET lockout_resets = lockout_resets + 1 WHERE id = @account", ("account", account));
            AppendBoth(work, log, serverLog, EventType.LockoutReset, act);
        }

        int revoked = 0;
        if (change.Devices)
        {
            NpgsqlBatchCommand devices = RevokeAll(work, account);
            await work.SendAsync();
            revoked = devices.RecordsAffected;
            AppendBoth(work, log, serverLog, EventType.DevicesReset, act, count: revoked);
        }

        if (change.SecondFactor)
        {
            (NpgsqlBatchCommand factor, NpgsqlBatchCommand setup) = ForgetSecondFactor(work, account);
            await work.SendAsync();
            if (factor.RecordsAffected + setup.RecordsAffected > 0)
                AppendBoth(work, log, serverLog, EventType.SecondFactorReset, act);
        }

        if (change.Code is (var hash, var until))
        {
            work.Run(
                "UPDATE account SET reset_hash = @hash, reset_until = @until WHERE id = @account", ("account", account), ("hash", hash), ("until", until.ToStored()));
            AppendBoth(work, log, serverLog, EventType.PasswordResetGiven, act);
        }

        if (change.Removed)
            await RemoveAsync(work, [account], act, serverLog);
        return revoked;
    }

    /// <summary>Sets a flag of an account. 0 if it is set so already.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "Columns are named by this class.")]
    private static Task<int> SetAsync(PostgresWork work, long account, string column, bool value) => work.RunNowAsync(
        $"UPDATE account SET {column} = @value WHERE id = @account AND {column} <> @value", ("account", account), ("value", value));

    /// <summary>Deletes all tokens. What it returns tells how many were awake, once it was sent.</summary>
    private static NpgsqlBatchCommand RevokeAll(PostgresWork work, long account)
    {
        work.Run("DELETE FROM sign_in WHERE account = @account", ("account", account));
        return work.Run("DELETE FROM device WHERE account = @account", ("account", account));
    }

    /// <summary>Appends what an administrator did to the server's log, and to that of the account, which is not told from where or by which device.</summary>
    private static void AppendBoth(PostgresWork work, OpenLog log, OpenLog serverLog, EventType type, Act act, long count = 1, long bytes = 0)
    {
        AppendEvent(work, log, type, act with { Device = null, Address = null }, count, bytes);
        AppendEvent(work, serverLog, type, act, count, bytes, subject: log.Account);
    }
}
