using Npgsql;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Second factors of logins.</summary>
internal sealed partial class PostgresStore
{
    public Task<ChangeOutcome> SetUpSecondFactorAsync(long account, SecondFactorSetup setup, ManifestName head, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            if (!(await LockAsync(work, account, setup.Made)).IsHead(head))
                return ChangeOutcome.HeadMoved;
            // Everybody's that nobody confirmed: they are few, and each is a secret that serves nobody any more.
            work.Run(
                "DELETE FROM second_factor_setup WHERE account IN (SELECT account FROM second_factor_setup WHERE made <= @late FOR UPDATE SKIP LOCKED)",
                ("late", (setup.Made - SecondFactors.SetupLife).ToStored()));
            work.Run(
                """
                INSERT INTO second_factor_setup (account, seed, recovery, made) VALUES (@account, @seed, @recovery, @made)
                ON CONFLICT (account) DO UPDATE SET seed = excluded.seed, recovery = excluded.recovery, made = excluded.made
                """,
                ("account", account), ("seed", setup.Seed), ("recovery", setup.Recovery), ("made", setup.Made.ToStored()));
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<SecondFactorSetup?> FindSecondFactorSetupAsync(long account, DateTimeOffset after, CancellationToken cancel) => ReadAsync(
        work => work.FirstNowAsync(
            "SELECT seed, recovery, made FROM second_factor_setup WHERE account = @account AND made > @after",
            row => new SecondFactorSetup(row.Bytes(0), row.Bytes(1), row.Time(2)), ("account", account), ("after", after.ToStored())),
        cancel);

    public Task<bool> ConfirmSecondFactorAsync(
        long account, SecondFactorSetup setup, SecondFactorUse use, Act act, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, account, act.Now);
            int waiting = await work.RunNowAsync(
                "DELETE FROM second_factor_setup WHERE account = @account AND seed = @seed", ("account", account), ("seed", setup.Seed));
            if (waiting == 0)
                return (false, false);
            work.Run(
                """
                INSERT INTO second_factor (account, seed, recovery, last_step, last_code, last_device, last_used)
                VALUES (@account, @seed, @recovery, @step, @code, @device, @now)
                ON CONFLICT (account) DO UPDATE SET seed = excluded.seed, recovery = excluded.recovery, last_step = excluded.last_step,
                    last_code = excluded.last_code, last_device = excluded.last_device, last_used = excluded.last_used
                """,
                ("account", account), ("seed", setup.Seed), ("recovery", setup.Recovery), ("step", use.Step), ("code", use.Code),
                ("device", use.Device), ("now", use.Now.ToStored()));
            work.Run("DELETE FROM sign_in WHERE account = @account", ("account", account));
            AppendEvent(work, locked.Log, EventType.SecondFactorSet, act);
            return (true, true);
        },
        cancel);

    public Task<bool> UseSecondFactorAsync(long account, SecondFactorUse use, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            StoredSecondFactor? factor = await work.FirstNowAsync(
                $"SELECT {FactorColumns} FROM second_factor WHERE account = @account FOR NO KEY UPDATE", row => ToSecondFactor(row, 0), ("account", account));
            if (factor?.LeftAfter(use) is not { } left)
                return (false, false);
            work.Run(
                """
                UPDATE second_factor SET recovery = @left, last_step = @step, last_code = @code, last_device = @device, last_used = @now
                WHERE account = @account
                """,
                ("account", account), ("left", left), ("step", use.Step ?? factor.LastStep), ("code", use.Code), ("device", use.Device),
                ("now", use.Now.ToStored()));
            return (true, true);
        },
        cancel);

    public Task<ChangeOutcome> RemoveSecondFactorAsync(long account, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, account, act.Now);
            (NpgsqlBatchCommand factor, NpgsqlBatchCommand setup) = ForgetSecondFactor(work, account);
            await work.SendAsync();
            if (factor.RecordsAffected + setup.RecordsAffected == 0)
                return ChangeOutcome.NotThere;
            if (!locked.IsHead(head))
                return ChangeOutcome.HeadMoved;
            AppendEvent(work, locked.Log, EventType.SecondFactorRemoved, act);
            return ChangeOutcome.Done;
        },
        cancel);

    private static (NpgsqlBatchCommand Factor, NpgsqlBatchCommand Setup) ForgetSecondFactor(PostgresWork work, long account) => (
        work.Run("DELETE FROM second_factor WHERE account = @account", ("account", account)),
        work.Run("DELETE FROM second_factor_setup WHERE account = @account", ("account", account)));

    private const string FactorColumns = "seed, recovery, last_step, last_code, last_device, last_used";

    private static StoredSecondFactor? ToSecondFactor(NpgsqlDataReader row, int first) => row.IsDBNull(first) ? null : new StoredSecondFactor(
        row.Bytes(first), row.Bytes(first + 1), row.GetInt64(first + 2),
        new SecondFactorUse(row.Bytes(first), row.Bytes(first + 3), row.GetInt64(first + 2), row.GetGuid(first + 4), row.Time(first + 5)));
}
