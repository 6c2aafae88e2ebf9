using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>
/// Checks keys against a vault's records. Pack versions 1 and 2 wrapped the Account Key in AES-CBC, where one wrong Packing Key in 256 passes; a
/// record opens under the right key only.
/// </summary>
internal static class KeyCheck
{
    // Several are tried, because a damaged record must not make the right key look wrong.
    private const int MostRecords = 100;

    /// <summary>Whether the envelopes of a pack version cannot detect a wrong key by themselves.</summary>
    public static bool IsNeeded(int packVersion) => packVersion < 3;

    /// <summary>Whether the keys open any of the vault's records. True if it has none.</summary>
    public static bool Opens(VaultConnection connection, VaultKeys keys)
    {
        bool any = false;
        foreach ((RecordStream stream, RecordPart part, Guid id, long version, byte[] record) in Records(connection, keys.VaultId))
        {
            any = true;
            if (keys.TryOpen(stream, part, id, version, record, out OpenedRecord plaintext))
            {
                plaintext.Dispose();
                return true;
            }
        }
        return !any;
    }

    private static IEnumerable<(RecordStream Stream, RecordPart Part, Guid Id, long Version, byte[] Record)> Records(
        VaultConnection connection, Guid vaultId) =>
    [
        .. Read(connection, "SELECT device_id, 1, device_token FROM account WHERE device_token IS NOT NULL", RecordStream.None, RecordPart.DeviceToken),
        .. Read(connection, "SELECT id, version, head FROM local_data WHERE head IS NOT NULL", RecordStream.Data, RecordPart.Summary),
        .. Read(connection, "SELECT id, content_version, head FROM mirror WHERE stream = 1 AND deleted = 0 AND head IS NOT NULL",
            RecordStream.Data, RecordPart.Summary),
        .. Read(connection, "SELECT id, version, head FROM history WHERE stream = 1 AND head IS NOT NULL", RecordStream.Data, RecordPart.Summary),
        .. connection.Query($"SELECT seq, body FROM sync_record LIMIT {MostRecords}",
            row => (RecordStream.None, RecordPart.SyncRecord, vaultId, row.GetInt64(0), row.GetBytes(1))),
    ];

    private static IEnumerable<(RecordStream, RecordPart, Guid, long, byte[])> Read(
        VaultConnection connection, string sql, RecordStream stream, RecordPart part) =>
        connection.Query($"{sql} LIMIT {MostRecords}", row => (stream, part, row.GetId(0), row.GetInt64(1), row.GetBytes(2)));
}
