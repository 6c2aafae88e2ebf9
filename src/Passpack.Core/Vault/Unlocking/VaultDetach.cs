using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>Disconnects a vault from its online account. Both methods run in the caller's transaction.</summary>
internal static class VaultDetach
{
    /// <summary>
    /// Forgets server and token. The mirror stays as it was last verified, so that a machine that connects to the same online account
    /// again merges what both sides did meanwhile, and notices a server that has gone back.
    /// </summary>
    public static AccountRow Unlink(VaultConnection connection, VaultKeys keys)
    {
        // An unanswered push may have been accepted: then the next pull brings and recognises it.
        ForgetTraffic(connection);
        AccountRow account = Unlinked(AccountRow.Load(connection, keys));
        account.Save(connection, keys);
        return account;
    }

    /// <summary>The row of an account as if it had never been online.</summary>
    public static AccountRow NeverOnline(AccountRow account) =>
        Unlinked(account) with
        {
            KeyGeneration = 0, Revision = 0, Generation = 0, ManifestHash = null, LastSync = null, LoginKdf = null, Left = null, Log = null,
        };

    /// <summary>
    /// Makes the vault one that was never online: all its entries become local and pending, to be pushed as new to any online account. Tags,
    /// favorites, trash and history stay, and online tags and favorites that were held back are applied if the machine has none of its own, because
    /// no online account keeps them any more. Records of unknown streams, and records whose bodies never came, are dropped. A vault that is offline
    /// already is left as it is.
    /// </summary>
    public static AccountRow MakeOffline(VaultConnection connection, VaultKeys keys, long now)
    {
        if (AccountRow.Load(connection, keys) is { KeyGeneration: 0 } offline)
            return offline;
        ForgetPurged(connection);
        OwnData(connection, now);
        OwnFlags(connection, "local_tags", 2, now);
        OwnFlags(connection, "local_favorites", 3, now);
        foreach (string table in new[] { "mirror", "manifest_sum", "device_counter", "resend" })
            connection.Execute($"DELETE FROM {table}");
        ForgetTraffic(connection);
        AccountRow account = NeverOnline(AccountRow.Load(connection, keys));
        account.Save(connection, keys);
        return account;
    }

    private static AccountRow Unlinked(AccountRow account) =>
        account with { Server = null, Certificate = null, DeviceId = null, DeviceToken = null, DeviceCounter = 0, OnlineError = null };

    private static void ForgetTraffic(VaultConnection connection)
    {
        foreach (string table in new[] { "outbox", "staged", "staging" })
            connection.Execute($"DELETE FROM {table}");
    }

    /// <summary>Forgets purged entries: only the online account could have brought them back.</summary>
    private static void ForgetPurged(VaultConnection connection)
    {
        foreach (string table in new[] { "local_tags", "local_favorites", "mirror", "local_data" })
            connection.Execute($"DELETE FROM {table} WHERE id IN (SELECT id FROM local_data WHERE purged = 1)");
    }

    private static void OwnData(VaultConnection connection, long now)
    {
        // An online version that is not the base of the local edit goes to the history: the user sees the edit.
        connection.Execute($"""
            INSERT INTO history (stream, id, version, replaced_at, reason, head, tail, not_before)
            SELECT 1, m.id, m.content_version, $1, $2, m.head, m.tail, {Retention.NotBefore}
            FROM local_data l JOIN mirror m ON m.stream = 1 AND m.id = l.id LEFT JOIN history b ON b.seq = l.base
            WHERE l.head IS NOT NULL AND m.deleted = 0 AND m.head IS NOT NULL AND b.version IS NOT m.content_version
            """, now, (long)HistoryReason.Sync);
        // Entries in the trash without own content take the mirror's.
        connection.Execute("""
            UPDATE local_data SET version = m.content_version, digest = m.digest, name_key = m.name_key, head = m.head, tail = m.tail
            FROM mirror m WHERE m.stream = 1 AND m.id = local_data.id AND m.deleted = 0 AND m.head IS NOT NULL AND local_data.head IS NULL
            """);
        connection.Execute("DELETE FROM local_data WHERE head IS NULL");
        connection.Execute("""
            INSERT INTO local_data (id, version, pending, digest, name_key, head, tail)
            SELECT id, content_version, 1, digest, name_key, head, tail FROM mirror m
            WHERE stream = 1 AND deleted = 0 AND head IS NOT NULL AND NOT EXISTS (SELECT 1 FROM local_data l WHERE l.id = m.id)
            """);
        // A record without its body has the digest of the missing body, not of the content that is here.
        foreach ((Guid id, byte[] head, byte[]? tail) in connection.Query(
            "SELECT l.id, l.head, l.tail FROM local_data l JOIN mirror m ON m.stream = 1 AND m.id = l.id AND m.owed = 1",
            row => (row.GetId(0), row.GetBytes(1), row.GetBytesOrNull(2))).ToList())
        {
            connection.Execute("UPDATE local_data SET digest = $2 WHERE id = $1", id, RecordBody.Digest(head, tail));
        }
        // In another online account versions start anew, so base and loser lose their meaning. Both stay in the history.
        connection.Execute("UPDATE local_data SET base = NULL, loser = NULL, pending = trashed IS NULL");
    }

    private static void OwnFlags(VaultConnection connection, string table, int stream, long now)
    {
        // Rows without a body only held the online value back; now the online value applies.
        connection.Execute($"DELETE FROM {table} WHERE body IS NULL");
        connection.Execute($"""
            INSERT INTO history (stream, id, version, replaced_at, reason, head, not_before)
            SELECT {stream}, m.id, m.content_version, $1, $2, m.head, {Retention.NotBefore} FROM {table} l JOIN mirror m ON m.stream = {stream} AND m.id = l.id
            WHERE m.deleted = 0 AND m.head IS NOT NULL
            """, now, (long)HistoryReason.Sync);
        connection.Execute($"""
            INSERT INTO {table} (id, version, held, body)
            SELECT m.id, m.content_version, 0, m.head FROM mirror m JOIN local_data d ON d.id = m.id
            WHERE m.stream = {stream} AND m.deleted = 0 AND m.head IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} l WHERE l.id = m.id)
            """);
        connection.Execute($"UPDATE {table} SET held = 0");
    }
}
