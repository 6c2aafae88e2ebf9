using Microsoft.Data.Sqlite;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Devices and their tokens.</summary>
internal sealed partial class SqliteStore
{
    /// <summary>The most devices of an account; a new one replaces the one seen longest ago.</summary>
    public const int MostDevices = 500;

    public Task<bool> SignInDeviceAsync(long account, DeviceSignIn device, CancellationToken cancel) => WriteAsync(
        connection => (true, SignIn(connection, account, device)), cancel);

    public Task<DeviceSession?> FindDeviceAsync(byte[] tokenHash, CancellationToken cancel) => ReadAsync(
        connection => connection.First(
            "SELECT account, device_id, last_seen FROM device WHERE token_hash = $hash",
            row => new DeviceSession(row.GetInt64(0), row.Id(1), row.Time(2)), ("$hash", tokenHash)),
        cancel);

    public Task NoteDeviceSeenAsync(DeviceSession device, DateTimeOffset now, CancellationToken cancel) => WriteAsync(
        connection => (true, connection.Run(
            "UPDATE device SET last_seen = $now WHERE account = $account AND device_id = $device",
            ("$now", now.ToStored()), ("$account", device.Account), ("$device", device.Device.ToStored()))),
        cancel);

    public Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(long account, CancellationToken cancel) => ReadAsync<IReadOnlyList<StoredDevice>>(
        connection => connection.All(
            "SELECT device_id, name, created, last_seen FROM device WHERE account = $account ORDER BY created, device_id",
            row => new StoredDevice(row.Id(0), row.GetString(1), row.Time(2), row.Time(3)), ("$account", account)),
        cancel);

    public Task<bool> RemoveDeviceAsync(long account, Guid device, CancellationToken cancel) => WriteAsync(
        connection => (true, connection.Run(
            "DELETE FROM device WHERE account = $account AND device_id = $device",
            ("$account", account), ("$device", device.ToStored())) == 1),
        cancel);

    private static bool SignIn(SqliteConnection connection, long account, DeviceSignIn device)
    {
        bool known = connection.Run(
            """
            INSERT INTO device (account, device_id, name, token_hash, created, last_seen)
            SELECT id, $device, $name, $hash, $now, $now FROM account WHERE id = $account AND user_id IS NOT NULL
            ON CONFLICT (account, device_id) DO UPDATE
                SET name = excluded.name, token_hash = excluded.token_hash, last_seen = excluded.last_seen
            """,
            ("$account", account), ("$device", device.Id.ToStored()), ("$name", device.Name), ("$hash", device.TokenHash),
            ("$now", device.Now.ToStored())) == 1;
        connection.Run(
            """
            DELETE FROM device WHERE account = $account AND device_id IN (
                SELECT device_id FROM device WHERE account = $account AND device_id <> $device ORDER BY last_seen DESC LIMIT -1 OFFSET $others)
            """,
            ("$account", account), ("$device", device.Id.ToStored()), ("$others", MostDevices - 1));
        return known;
    }
}
