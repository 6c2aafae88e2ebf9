using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Devices and their tokens.</summary>
internal sealed partial class PostgresStore
{
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
            await AppendSignInAsync(work, locked.Log, device.Act);
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
                needs_second_factor AND NOT EXISTS (SELECT 1 FROM second_factor WHERE second_factor.account = token.account)
            FROM (
                SELECT account, device_id, last_seen, @awake AS state, epoch FROM device WHERE token_hash = @hash
                UNION ALL SELECT account, device_id, created, @never, 0 FROM sign_in WHERE token_hash = @hash) token
            JOIN account ON account.id = token.account
            """,
            row => new DeviceSession(row.GetInt64(0), row.GetGuid(1), row.Time(2), tokenHash, (TokenState)row.GetInt32(3))
            {
                Disabled = row.GetBoolean(4), LacksSecondFactor = row.GetBoolean(5),
            },
            ("hash", tokenHash), ("awake", (int)TokenState.Awake), ("replaced", (int)TokenState.KeysReplaced), ("never", (int)TokenState.NeverWoken)),
        cancel);

    public Task NoteDeviceSeenAsync(DeviceSession device, DateTimeOffset now, CancellationToken cancel) => ReadAsync(
        work => work.RunNowAsync("UPDATE device SET last_seen = @now WHERE token_hash = @hash", ("now", now.ToStored()), ("hash", device.TokenHash)), cancel);

    public Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(long account, CancellationToken cancel) => ReadAsync<IReadOnlyList<StoredDevice>>(
        async work => await work.AllNowAsync(
            """
            SELECT device_id, name, device.created, last_seen, device.epoch <> account.epoch FROM device JOIN account ON account.id = device.account
            WHERE account = @account ORDER BY device.created, device_id
            """,
            row => new StoredDevice(row.GetGuid(0), row.GetString(1), row.Time(2), row.Time(3), row.GetBoolean(4)), ("account", account)),
        cancel);

    public Task<ChangeOutcome> RemoveDeviceAsync(long account, Guid device, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, account, act.Now);
            const string OfDevice = "WHERE account = @account AND device_id = @device";
            var signIns = work.Run($"DELETE FROM sign_in {OfDevice}", ("account", account), ("device", device));
            int removed = await work.RunNowAsync($"DELETE FROM device {OfDevice}", ("account", account), ("device", device)) + signIns.RecordsAffected;
            if (removed == 0)
                return ChangeOutcome.NotThere;
            if (!locked.IsHead(head))
                return ChangeOutcome.HeadMoved;
            AppendEvent(work, locked.Log, EventType.DeviceRevoked, act with { Device = device });
            return ChangeOutcome.Done;
        },
        cancel);

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
    private static void PutDevice(PostgresWork work, long account, DeviceSignIn device)
    {
        work.Run(
            """
            INSERT INTO device (account, device_id, name, token_hash, epoch, created, last_seen)
            SELECT id, @device, @name, @hash, epoch, @now, @now FROM account WHERE id = @account
            ON CONFLICT (account, device_id) DO UPDATE
                SET name = excluded.name, token_hash = excluded.token_hash, epoch = excluded.epoch, last_seen = excluded.last_seen
            """,
            ("account", account), ("device", device.Id), ("name", device.Name), ("hash", device.TokenHash), ("now", device.Now.ToStored()));
        work.Run(
            """
            DELETE FROM device WHERE account = @account AND device_id IN (
                SELECT device_id FROM device WHERE account = @account AND device_id <> @device ORDER BY last_seen DESC OFFSET @others)
            """,
            ("account", account), ("device", device.Id), ("others", MostDevices - 1));
    }
}
