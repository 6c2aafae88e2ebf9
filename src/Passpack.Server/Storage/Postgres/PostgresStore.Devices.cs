using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Devices and their tokens.</summary>
internal sealed partial class PostgresStore
{
    private const string OfPerson = "(key_file IS NULL OR key_file = device_id)", OfMachine = "key_file <> device_id";

    public Task<KeysAnswer?> SignInDeviceAsync(long account, DeviceSignIn device, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, account, device.Now);
            if (await ReadKeysAsync(work, account) is not { } keys)
                return (false, null);
            work.Run(
                "INSERT INTO sign_in (token_hash, account, device_id, name, created) VALUES (@hash, @account, @device, @name, @now)",
                ("hash", device.TokenHash), ("account", account), ("device", device.Id), ("name", device.Name), ("now", device.Now.ToStored()));
            work.Run(
                """
                DELETE FROM sign_in WHERE token_hash IN (
                    SELECT token_hash FROM sign_in WHERE account = @account AND token_hash <> @hash ORDER BY created DESC OFFSET @others)
                """,
                ("account", account), ("hash", device.TokenHash), ("others", MostSignIns - 1));
            VoidReset(work, account);
            await AppendSignInAsync(work, locked.Log, EventType.SignedIn, device.Act);
            return (true, (KeysAnswer?)keys);
        },
        cancel);

    public Task<ChangeOutcome> WakeDeviceAsync(DeviceSession device, byte[] tokenHash, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, device.Account, act.Now);
            if (!locked.IsHead(head))
                return ChangeOutcome.HeadMoved;
            ChangeOutcome outcome = await ReplaceTokenAsync(work, device, tokenHash, act.Now);
            if (outcome == ChangeOutcome.Done)
                AppendEvent(work, locked.Log, device.State == TokenState.NeverWoken ? EventType.DeviceAdded : EventType.DeviceWoken, act);
            return outcome;
        },
        cancel);

    public Task<DeviceSession?> FindDeviceAsync(byte[] tokenHash, CancellationToken cancel) => ReadAsync(
        work => work.FirstNowAsync(
            """
            SELECT account, device_id, last_seen, CASE WHEN state <> @awake OR token.epoch = account.epoch THEN state ELSE @replaced END, disabled,
                needs_second_factor AND NOT EXISTS (SELECT 1 FROM second_factor WHERE second_factor.account = token.account), key_file
            FROM (
                SELECT account, device_id, last_seen, CASE WHEN key_file = device_id THEN @file ELSE @awake END AS state, epoch, key_file
                FROM device WHERE token_hash = @hash
                UNION ALL SELECT account, device_id, created, @never, 0, NULL FROM sign_in WHERE token_hash = @hash) token
            JOIN account ON account.id = token.account
            """,
            row => new DeviceSession(row.GetInt64(0), row.GetGuid(1), row.Time(2), tokenHash, (TokenState)row.GetInt32(3))
            {
                Disabled = row.GetBoolean(4), LacksSecondFactor = row.GetBoolean(5), KeyFile = row.IsDBNull(6) ? null : row.GetGuid(6),
            },
            ("hash", tokenHash), ("awake", (int)TokenState.Awake), ("replaced", (int)TokenState.KeysReplaced), ("never", (int)TokenState.NeverWoken),
            ("file", (int)TokenState.KeyFile)),
        cancel);

    public Task NoteDeviceSeenAsync(DeviceSession device, DateTimeOffset now, CancellationToken cancel) => ReadAsync(
        work => work.RunNowAsync("UPDATE device SET last_seen = @now WHERE token_hash = @hash", ("now", now.ToStored()), ("hash", device.TokenHash)), cancel);

    public Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(long account, CancellationToken cancel) => ReadAsync<IReadOnlyList<StoredDevice>>(
        async work => await work.AllNowAsync(
            $"""
            SELECT device_id, name, device.created,
                coalesce((SELECT max(last_seen) FROM device machine WHERE machine.account = @account AND machine.key_file = device.device_id), last_seen),
                device.epoch <> account.epoch, key_file IS NOT NULL,
                (SELECT count(*) FROM device machine
                    WHERE machine.account = @account AND machine.key_file = device.device_id AND machine.device_id <> device.device_id)
            FROM device JOIN account ON account.id = device.account
            WHERE account = @account AND {OfPerson} ORDER BY device.created, device_id
            """,
            row => new StoredDevice(row.GetGuid(0), row.GetString(1), row.Time(2), row.Time(3), row.GetBoolean(4))
            {
                IsKeyFile = row.GetBoolean(5), Machines = checked((int)row.GetInt64(6)),
            },
            ("account", account)),
        cancel);

    public Task<ChangeOutcome> RemoveDeviceAsync(long account, Guid device, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, account, act.Now);
            const string OfDevice = "WHERE account = @account AND device_id = @device";
            var signIns = work.Run($"DELETE FROM sign_in {OfDevice}", ("account", account), ("device", device));
            int removed = await work.RunNowAsync($"DELETE FROM device {OfDevice} OR account = @account AND key_file = @device", ("account", account), ("device", device)) + signIns.RecordsAffected;
            if (removed == 0)
                return ChangeOutcome.NotThere;
            if (!locked.IsHead(head))
                return ChangeOutcome.HeadMoved;
            AppendEvent(work, locked.Log, EventType.DeviceRevoked, act with { Device = device });
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<ChangeOutcome> AddKeyFileAsync(long account, DeviceSignIn keyFile, ManifestName head, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, account, keyFile.Now);
            ChangeOutcome outcome = await AddByKeyFileAsync(work, locked, account, keyFile, keyFile.Id, head);
            if (outcome == ChangeOutcome.Done)
                AppendEvent(work, locked.Log, EventType.KeyFileAdded, keyFile.Act);
            return outcome;
        },
        cancel);

    public Task<ChangeOutcome> ConnectByKeyFileAsync(DeviceSession keyFile, DeviceSignIn machine, ManifestName head, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, keyFile.Account, machine.Now);
            // Noted first: of a key file that was removed meanwhile nothing is there to note.
            if (await work.RunNowAsync(
                "UPDATE device SET last_seen = @now WHERE token_hash = @hash AND key_file = device_id",
                ("now", machine.Now.ToStored()), ("hash", keyFile.TokenHash)) == 0)
            {
                return ChangeOutcome.NotThere;
            }

            ChangeOutcome outcome = await AddByKeyFileAsync(work, locked, keyFile.Account, machine, keyFile.Device, head);
            if (outcome == ChangeOutcome.Done)
                await AppendSignInAsync(work, locked.Log, EventType.KeyFileUsed, machine.Act with { Device = keyFile.Device }, byDevice: true);
            return outcome;
        },
        cancel);

    /// <summary>Adds a key file, or a machine that one connects. A repeat changes nothing; what is there under the id or with the token stays.</summary>
    private static async Task<ChangeOutcome> AddByKeyFileAsync(
        PostgresWork work, LockedAccount locked, long account, DeviceSignIn device, Guid keyFile, ManifestName head)
    {
        const string There = """
            SELECT account = @account AND device_id = @device AND token_hash = @hash AND key_file IS NOT DISTINCT FROM @file FROM device
            WHERE token_hash = @hash OR account = @account AND device_id = @device
            UNION ALL SELECT FALSE FROM sign_in WHERE token_hash = @hash
            """;
        ChangeOutcome? there = await work.FirstNowAsync(There, row => (ChangeOutcome?)(row.GetBoolean(0) ? ChangeOutcome.Repeated : ChangeOutcome.TokenTaken),
            ("account", account), ("device", device.Id), ("hash", device.TokenHash), ("file", keyFile));
        if (there is { } outcome)
            return outcome;
        if (!locked.IsHead(head))
            return ChangeOutcome.HeadMoved;
        PutDevice(work, account, device, keyFile);
        return ChangeOutcome.Done;
    }

    public Task<bool> ForgetSignInsAsync(DateTimeOffset before, CancellationToken cancel) => UpkeepAsync(
        async work =>
        {
            int forgotten = await work.RunNowAsync(
                "DELETE FROM sign_in WHERE token_hash IN (SELECT token_hash FROM sign_in WHERE created < @before ORDER BY created LIMIT @most FOR UPDATE SKIP LOCKED)",
                ("before", before.ToStored()), ("most", UpkeepBatch));
            return (forgotten > 0, forgotten == UpkeepBatch);
        },
        cancel);

    /// <summary>Gives a device a token that is awake, in place of the one that asks. The account's row is held.</summary>
    private static async Task<ChangeOutcome> ReplaceTokenAsync(PostgresWork work, DeviceSession device, byte[] tokenHash, DateTimeOffset now)
    {
        const string Taken = "SELECT EXISTS (SELECT 1 FROM device WHERE token_hash = @hash) OR EXISTS (SELECT 1 FROM sign_in WHERE token_hash = @hash)";
        if (await work.FirstNowAsync(Taken, row => row.GetBoolean(0), ("hash", tokenHash)))
            return ChangeOutcome.TokenTaken;
        if (device.State != TokenState.NeverWoken)
        {
            return await work.RunNowAsync(
                "UPDATE device SET token_hash = @hash, epoch = account.epoch, last_seen = @now FROM account WHERE account.id = device.account AND token_hash = @old",
                ("hash", tokenHash), ("now", now.ToStored()), ("old", device.TokenHash)) == 1 ? ChangeOutcome.Done : ChangeOutcome.NotThere;
        }

        string? name = await work.FirstNowAsync("DELETE FROM sign_in WHERE token_hash = @old RETURNING name", row => row.GetString(0), ("old", device.TokenHash));
        if (name is null)
            return ChangeOutcome.NotThere;
        PutDevice(work, device.Account, new DeviceSignIn(device.Device, name, tokenHash, now));
        return ChangeOutcome.Done;
    }

    /// <summary>Puts a device, awake, in its place or in that of the one that was seen longest ago.</summary>
    private static void PutDevice(PostgresWork work, long account, DeviceSignIn device, Guid? keyFile = null)
    {
        work.Run(
            """
            INSERT INTO device (account, device_id, name, token_hash, epoch, created, last_seen, key_file)
            SELECT id, @device, @name, @hash, epoch, @now, @now, @file::uuid FROM account WHERE id = @account
            ON CONFLICT (account, device_id) DO UPDATE
                SET name = excluded.name, token_hash = excluded.token_hash, epoch = excluded.epoch, last_seen = excluded.last_seen, key_file = excluded.key_file
            """,
            ("account", account), ("device", device.Id), ("name", device.Name), ("hash", device.TokenHash), ("now", device.Now.ToStored()), ("file", keyFile));
        bool isMachine = keyFile is { } file && file != device.Id;
        work.Run(
            $"""
            DELETE FROM device WHERE account = @account AND device_id IN (
                SELECT device_id FROM device WHERE account = @account AND device_id <> @device AND {(isMachine ? OfMachine : OfPerson)}
                ORDER BY last_seen DESC OFFSET @others)
            """,
            ("account", account), ("device", device.Id), ("others", (isMachine ? MostKeyFileMachines : MostDevices) - 1));
        // With a key file go the machines that it connected.
        work.Run(
            $"""
            DELETE FROM device WHERE account = @account AND {OfMachine} AND NOT EXISTS (
                SELECT 1 FROM device file WHERE file.account = @account AND file.device_id = device.key_file AND file.key_file = file.device_id)
            """,
            ("account", account));
    }
}
