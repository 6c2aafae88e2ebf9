using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Devices and their tokens.</summary>
internal sealed partial class SqliteStore
{
    private const string OfPerson = "(key_file IS NULL OR key_file = device_id)", OfMachine = "key_file <> device_id";

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
            AppendSignIn(connection, account, EventType.SignedIn, device.Act);
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
                needs_second_factor AND NOT EXISTS (SELECT 1 FROM second_factor WHERE second_factor.account = token.account), key_file
            FROM (
                SELECT account, device_id, last_seen,
                    CASE WHEN key_file = device_id THEN $file WHEN device.epoch = account.epoch THEN $awake ELSE $replaced END AS state, key_file
                FROM device JOIN account ON account.id = device.account WHERE token_hash = $hash
                UNION ALL SELECT account, device_id, created, $never, NULL FROM sign_in WHERE token_hash = $hash) token
            JOIN account ON account.id = token.account
            """,
            row => new DeviceSession(row.GetInt64(0), row.Id(1), row.Time(2), tokenHash, (TokenState)row.GetInt32(3))
            {
                Disabled = row.GetBoolean(4), LacksSecondFactor = row.GetBoolean(5), KeyFile = row.IsDBNull(6) ? null : row.Id(6),
            },
            ("$hash", tokenHash), ("$awake", (int)TokenState.Awake), ("$replaced", (int)TokenState.KeysReplaced), ("$never", (int)TokenState.NeverWoken),
            ("$file", (int)TokenState.KeyFile)),
        cancel);

    public Task NoteDeviceSeenAsync(DeviceSession device, DateTimeOffset now, CancellationToken cancel) => WriteAsync(
        connection => (true, connection.Run(
            "UPDATE device SET last_seen = $now WHERE token_hash = $hash", ("$now", now.ToStored()), ("$hash", device.TokenHash))),
        cancel);

    public Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(long account, CancellationToken cancel) => ReadAsync<IReadOnlyList<StoredDevice>>(
        connection => connection.All(
            $"""
            SELECT device_id, name, device.created,
                coalesce((SELECT max(last_seen) FROM device machine WHERE machine.account = $account AND machine.key_file = device.device_id), last_seen),
                device.epoch <> account.epoch, key_file IS NOT NULL,
                (SELECT count(*) FROM device machine
                    WHERE machine.account = $account AND machine.key_file = device.device_id AND machine.device_id <> device.device_id)
            FROM device JOIN account ON account.id = device.account
            WHERE account = $account AND {OfPerson} ORDER BY device.created, device_id
            """,
            row => new StoredDevice(row.Id(0), row.GetString(1), row.Time(2), row.Time(3), row.GetBoolean(4))
            {
                IsKeyFile = row.GetBoolean(5), Machines = row.GetInt32(6),
            },
            ("$account", account)),
        cancel);

    public Task<ChangeOutcome> RemoveDeviceAsync(long account, Guid device, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            const string OfDevice = "WHERE account = $account AND device_id = $device";
            int removed = connection.Run($"DELETE FROM device {OfDevice} OR account = $account AND key_file = $device", ("$account", account), ("$device", device.ToStored()))
                + connection.Run($"DELETE FROM sign_in {OfDevice}", ("$account", account), ("$device", device.ToStored()));
            if (removed == 0)
                return ChangeOutcome.NotThere;
            if (!IsHead(connection, account, head))
                return ChangeOutcome.HeadMoved;
            AppendEvent(connection, account, EventType.DeviceRevoked, act with { Device = device });
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<ChangeOutcome> AddKeyFileAsync(long account, DeviceSignIn keyFile, ManifestName head, CancellationToken cancel) => ChangeAsync(
        connection => AddByKeyFile(connection, account, keyFile, keyFile.Id, head, () => AppendEvent(connection, account, EventType.KeyFileAdded, keyFile.Act)),
        cancel);

    public Task<ChangeOutcome> ConnectByKeyFileAsync(DeviceSession keyFile, DeviceSignIn machine, ManifestName head, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            // Noted first: of a key file that was removed meanwhile nothing is there to note.
            if (connection.Run(
                "UPDATE device SET last_seen = $now WHERE token_hash = $hash AND key_file = device_id",
                ("$now", machine.Now.ToStored()), ("$hash", keyFile.TokenHash)) == 0)
            {
                return ChangeOutcome.NotThere;
            }

            return AddByKeyFile(connection, keyFile.Account, machine, keyFile.Device, head,
                () => AppendSignIn(connection, keyFile.Account, EventType.KeyFileUsed, machine.Act with { Device = keyFile.Device }, byDevice: true));
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

    /// <summary>Adds a key file, or a machine that one connects. A repeat changes nothing; what is there under the id or with the token stays.</summary>
    private static ChangeOutcome AddByKeyFile(
        SqliteConnection connection, long account, DeviceSignIn device, Guid keyFile, ManifestName head, Action tell)
    {
        ChangeOutcome? there = connection.First<ChangeOutcome?>(
            "SELECT account = $account AND device_id = $device AND token_hash = $hash AND key_file IS $file FROM device "
                + "WHERE token_hash = $hash OR account = $account AND device_id = $device UNION ALL SELECT FALSE FROM sign_in WHERE token_hash = $hash",
            row => row.GetBoolean(0) ? ChangeOutcome.Repeated : ChangeOutcome.TokenTaken,
            ("$account", account), ("$device", device.Id.ToStored()), ("$hash", device.TokenHash), ("$file", keyFile.ToStored()));
        if (there is { } outcome)
            return outcome;
        if (!IsHead(connection, account, head))
            return ChangeOutcome.HeadMoved;
        PutDevice(connection, account, device, keyFile);
        tell();
        return ChangeOutcome.Done;
    }

    /// <summary>Puts a device, awake, in its place or in that of the one that was seen longest ago.</summary>
    private static void PutDevice(SqliteConnection connection, long account, DeviceSignIn device, Guid? keyFile = null)
    {
        connection.Run(
            """
            INSERT INTO device (account, device_id, name, token_hash, epoch, created, last_seen, key_file)
            SELECT id, $device, $name, $hash, epoch, $now, $now, $file FROM account WHERE id = $account
            ON CONFLICT (account, device_id) DO UPDATE
                SET name = excluded.name, token_hash = excluded.token_hash, epoch = excluded.epoch, last_seen = excluded.last_seen, key_file = excluded.key_file
            """,
            ("$account", account), ("$device", device.Id.ToStored()), ("$name", device.Name), ("$hash", device.TokenHash),
            ("$now", device.Now.ToStored()), ("$file", keyFile?.ToStored()));
        bool isMachine = keyFile is { } file && file != device.Id;
        connection.Run(
            $"""
            DELETE FROM device WHERE account = $account AND device_id IN (
                SELECT device_id FROM device WHERE account = $account AND device_id <> $device AND {(isMachine ? OfMachine : OfPerson)}
                ORDER BY last_seen DESC LIMIT -1 OFFSET $others)
            """,
            ("$account", account), ("$device", device.Id.ToStored()), ("$others", (isMachine ? MostKeyFileMachines : MostDevices) - 1));
        // With a key file go the machines that it connected.
        connection.Run(
            $"""
            DELETE FROM device WHERE account = $account AND {OfMachine} AND NOT EXISTS (
                SELECT 1 FROM device file WHERE file.account = $account AND file.device_id = device.key_file AND file.key_file = file.device_id)
            """,
            ("$account", account));
    }
}
