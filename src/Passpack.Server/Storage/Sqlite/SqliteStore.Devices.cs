using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Devices and their tokens.</summary>
internal sealed partial class SqliteStore
{
    public Task<KeysAnswer?> SignInDeviceAsync(long account, DeviceSignIn device, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            if (ReadKeys(connection, account) is not { } keys)
                return (false, null);
            connection.Run(
                "INSERT INTO sign_in (token_hash, account, device_id, name, created) VALUES ($hash, $account, $device, $name, $now)",
                ("$hash", device.TokenHash), ("$account", account), ("$device", device.Id.ToStored()), ("$name", device.Name), ("$now", device.Now.ToStored()));
            connection.Run(
                """
                DELETE FROM sign_in WHERE account = $account AND token_hash IN (
                    SELECT token_hash FROM sign_in WHERE account = $account AND token_hash <> $hash ORDER BY created DESC LIMIT -1 OFFSET $others)
                """,
                ("$account", account), ("$hash", device.TokenHash), ("$others", MostSignIns - 1));
            VoidReset(connection, account);
            AppendSignIn(connection, account, device.Act);
            return (true, (KeysAnswer?)keys);
        },
        cancel);

    public Task<ChangeOutcome> WakeDeviceAsync(DeviceSession device, byte[] tokenHash, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            if (!IsHead(connection, device.Account, head))
                return ChangeOutcome.HeadMoved;
            ChangeOutcome outcome = ReplaceToken(connection, device, tokenHash, act.Now);
            if (outcome == ChangeOutcome.Done)
                AppendEvent(connection, device.Account, device.State == TokenState.NeverWoken ? EventType.DeviceAdded : EventType.DeviceWoken, act);
            return outcome;
        },
        cancel);

    public Task<DeviceSession?> FindDeviceAsync(byte[] tokenHash, CancellationToken cancel) => ReadAsync(
        connection => connection.First(
            """
            SELECT account, device_id, last_seen, state, disabled,
                needs_second_factor AND NOT EXISTS (SELECT 1 FROM second_factor WHERE second_factor.account = token.account)
            FROM (
                SELECT account, device_id, last_seen, CASE WHEN device.epoch = account.epoch THEN $awake ELSE $replaced END AS state
                FROM device JOIN account ON account.id = device.account WHERE token_hash = $hash
                UNION ALL SELECT account, device_id, created, $never FROM sign_in WHERE token_hash = $hash) token
            JOIN account ON account.id = token.account
            """,
            row => new DeviceSession(row.GetInt64(0), row.Id(1), row.Time(2), tokenHash, (TokenState)row.GetInt32(3))
            {
                Disabled = row.GetBoolean(4), LacksSecondFactor = row.GetBoolean(5),
            },
            ("$hash", tokenHash), ("$awake", (int)TokenState.Awake), ("$replaced", (int)TokenState.KeysReplaced), ("$never", (int)TokenState.NeverWoken)),
        cancel);

    public Task NoteDeviceSeenAsync(DeviceSession device, DateTimeOffset now, CancellationToken cancel) => WriteAsync(
        connection => (true, connection.Run(
            "UPDATE device SET last_seen = $now WHERE token_hash = $hash", ("$now", now.ToStored()), ("$hash", device.TokenHash))),
        cancel);

    public Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(long account, CancellationToken cancel) => ReadAsync<IReadOnlyList<StoredDevice>>(
        connection => connection.All(
            """
            SELECT device_id, name, device.created, last_seen, device.epoch <> account.epoch FROM device JOIN account ON account.id = device.account
            WHERE account = $account ORDER BY device.created, device_id
            """,
            row => new StoredDevice(row.Id(0), row.GetString(1), row.Time(2), row.Time(3), row.GetBoolean(4)), ("$account", account)),
        cancel);

    public Task<ChangeOutcome> RemoveDeviceAsync(long account, Guid device, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            const string OfDevice = "WHERE account = $account AND device_id = $device";
            int removed = connection.Run($"DELETE FROM device {OfDevice}", ("$account", account), ("$device", device.ToStored()))
                + connection.Run($"DELETE FROM sign_in {OfDevice}", ("$account", account), ("$device", device.ToStored()));
            if (removed == 0)
                return ChangeOutcome.NotThere;
            if (!IsHead(connection, account, head))
                return ChangeOutcome.HeadMoved;
            AppendEvent(connection, account, EventType.DeviceRevoked, act with { Device = device });
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<bool> ForgetSignInsAsync(DateTimeOffset before, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int forgotten = connection.Run(
                "DELETE FROM sign_in WHERE token_hash IN (SELECT token_hash FROM sign_in WHERE created < $before ORDER BY created LIMIT $most)",
                ("$before", before.ToStored()), ("$most", UpkeepBatch));
            return (forgotten > 0, forgotten == UpkeepBatch);
        },
        cancel);

    /// <summary>Gives a device a token that is awake, in place of the one that asks.</summary>
    private static ChangeOutcome ReplaceToken(SqliteConnection connection, DeviceSession device, byte[] tokenHash, DateTimeOffset now)
    {
        const string Taken = "SELECT 1 FROM device WHERE token_hash = $hash UNION ALL SELECT 1 FROM sign_in WHERE token_hash = $hash";
        if (connection.First(Taken, row => row.GetInt32(0), ("$hash", tokenHash)) == 1)
            return ChangeOutcome.TokenTaken;
        if (device.State != TokenState.NeverWoken)
        {
            return connection.Run(
                """
                UPDATE device SET token_hash = $hash, epoch = (SELECT epoch FROM account WHERE id = account), last_seen = $now WHERE token_hash = $old
                """,
                ("$hash", tokenHash), ("$now", now.ToStored()), ("$old", device.TokenHash)) == 1 ? ChangeOutcome.Done : ChangeOutcome.NotThere;
        }

        string? name = connection.First("DELETE FROM sign_in WHERE token_hash = $old RETURNING name", row => row.GetString(0), ("$old", device.TokenHash));
        if (name is null)
            return ChangeOutcome.NotThere;
        PutDevice(connection, device.Account, new DeviceSignIn(device.Device, name, tokenHash, now));
        return ChangeOutcome.Done;
    }

    /// <summary>Puts a device, awake, in its place or in that of the one that was seen longest ago.</summary>
    private static void PutDevice(SqliteConnection connection, long account, DeviceSignIn device)
    {
        connection.Run(
            """
            INSERT INTO device (account, device_id, name, token_hash, epoch, created, last_seen)
            SELECT id, $device, $name, $hash, epoch, $now, $now FROM account WHERE id = $account
            ON CONFLICT (account, device_id) DO UPDATE
                SET name = excluded.name, token_hash = excluded.token_hash, epoch = excluded.epoch, last_seen = excluded.last_seen
            """,
            ("$account", account), ("$device", device.Id.ToStored()), ("$name", device.Name), ("$hash", device.TokenHash),
            ("$now", device.Now.ToStored()));
        connection.Run(
            """
            DELETE FROM device WHERE account = $account AND device_id IN (
                SELECT device_id FROM device WHERE account = $account AND device_id <> $device ORDER BY last_seen DESC LIMIT -1 OFFSET $others)
            """,
            ("$account", account), ("$device", device.Id.ToStored()), ("$others", MostDevices - 1));
    }
}
