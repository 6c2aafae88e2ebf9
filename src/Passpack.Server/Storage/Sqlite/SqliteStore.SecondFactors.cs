using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Second factors of logins.</summary>
internal sealed partial class SqliteStore
{
    public Task<ChangeOutcome> SetUpSecondFactorAsync(long account, SecondFactorSetup setup, ManifestName head, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            if (!IsHead(connection, account, head))
                return ChangeOutcome.HeadMoved;
            // Everybody's that nobody confirmed: they are few, and each is a secret that serves nobody any more.
            connection.Run("DELETE FROM second_factor_setup WHERE made <= $late", ("$late", (setup.Made - SecondFactors.SetupLife).ToStored()));
            connection.Run(
                """
                INSERT INTO second_factor_setup (account, seed, recovery, made) VALUES ($account, $seed, $recovery, $made)
                ON CONFLICT (account) DO UPDATE SET seed = excluded.seed, recovery = excluded.recovery, made = excluded.made
                """,
                ("$account", account), ("$seed", setup.Seed), ("$recovery", setup.Recovery), ("$made", setup.Made.ToStored()));
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<SecondFactorSetup?> FindSecondFactorSetupAsync(long account, DateTimeOffset after, CancellationToken cancel) => ReadAsync(
        connection => connection.First(
            "SELECT seed, recovery, made FROM second_factor_setup WHERE account = $account AND made > $after",
            row => new SecondFactorSetup(row.Bytes(0), row.Bytes(1), row.Time(2)), ("$account", account), ("$after", after.ToStored())),
        cancel);

    public Task<bool> ConfirmSecondFactorAsync(
        long account, SecondFactorSetup setup, SecondFactorUse use, Act act, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int waiting = connection.Run(
                "DELETE FROM second_factor_setup WHERE account = $account AND seed = $seed", ("$account", account), ("$seed", setup.Seed));
            if (waiting == 0)
                return (false, false);
            connection.Run(
                """
                INSERT INTO second_factor (account, seed, recovery, last_step, last_code, last_device, last_used)
                VALUES ($account, $seed, $recovery, $step, $code, $device, $now)
                ON CONFLICT (account) DO UPDATE SET seed = excluded.seed, recovery = excluded.recovery, last_step = excluded.last_step,
                    last_code = excluded.last_code, last_device = excluded.last_device, last_used = excluded.last_used
                """,
                ("$account", account), ("$seed", setup.Seed), ("$recovery", setup.Recovery), ("$step", use.Step), ("$code", use.Code),
                ("$device", use.Device.ToStored()), ("$now", use.Now.ToStored()));
            connection.Run("DELETE FROM sign_in WHERE account = $account", ("$account", account));
            AppendEvent(connection, account, EventType.SecondFactorSet, act);
            return (true, true);
        },
        cancel);

    public Task<bool> UseSecondFactorAsync(long account, SecondFactorUse use, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            StoredSecondFactor? factor = FindSecondFactor(connection, account);
            if (factor?.LeftAfter(use) is not { } left)
                return (false, false);
            connection.Run(
                """
                UPDATE second_factor SET recovery = $left, last_step = $step, last_code = $code, last_device = $device, last_used = $now
                WHERE account = $account
                """,
                ("$account", account), ("$left", left), ("$step", use.Step ?? factor.LastStep), ("$code", use.Code), ("$device", use.Device.ToStored()),
                ("$now", use.Now.ToStored()));
            return (true, true);
        },
        cancel);

    public Task<ChangeOutcome> RemoveSecondFactorAsync(long account, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            int removed = ForgetSecondFactor(connection, account);
            if (removed == 0)
                return ChangeOutcome.NotThere;
            if (!IsHead(connection, account, head))
                return ChangeOutcome.HeadMoved;
            AppendEvent(connection, account, EventType.SecondFactorRemoved, act);
            return ChangeOutcome.Done;
        },
        cancel);

    private static int ForgetSecondFactor(SqliteConnection connection, long account) =>
        connection.Run("DELETE FROM second_factor WHERE account = $account", ("$account", account))
            + connection.Run("DELETE FROM second_factor_setup WHERE account = $account", ("$account", account));

    private const string FactorColumns = "seed, recovery, last_step, last_code, last_device, last_used";

    private static StoredSecondFactor? FindSecondFactor(SqliteConnection connection, long account) => connection.First(
        $"SELECT {FactorColumns} FROM second_factor WHERE account = $account", row => ToSecondFactor(row, 0), ("$account", account));

    private static StoredSecondFactor? ToSecondFactor(SqliteDataReader row, int first) => row.IsDBNull(first) ? null : new StoredSecondFactor(
        row.Bytes(first), row.Bytes(first + 1), row.GetInt64(first + 2),
        new SecondFactorUse(row.Bytes(first), row.Bytes(first + 3), row.GetInt64(first + 2), row.Id(first + 4), row.Time(first + 5)));
}
