using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Account;

/// <summary>
/// Seals everything of a vault that is not connected anew under other keys, in a copy that then takes the vault's place; the old one is set aside.
/// </summary>
internal static class VaultResealing
{
    /// <returns>The folder of the vault that was set aside.</returns>
    public static string Replace(AccountFolder folder, VaultKeys oldKeys, VaultKeys newKeys, AccountRow account)
    {
        // Locked from the copy to the exchange: a write in between would be lost with the vault that is set aside.
        using FileStream _ = VaultLocks.LockAlone(folder);
        string copy = $"{folder.VaultFolder}.{Guid.NewGuid():N}.tmp";
        OwnerOnly.CreateFolder(copy);
        try
        {
            string file = Path.Combine(copy, Path.GetFileName(folder.VaultFile));
            VaultCopies.CopyInto(folder, file);
            using (VaultConnection connection = VaultConnection.Open(file))
            {
                connection.InTransaction(() =>
                {
                    VaultDetach.MakeOffline(connection, oldKeys, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
                    ResealData(connection, oldKeys, newKeys);
                    ResealFlags(connection, RecordStream.Tags, "local_tags", "body", oldKeys, newKeys);
                    ResealFlags(connection, RecordStream.Favorite, "local_favorites", "body", oldKeys, newKeys);
                    ResealHistoryOfFlags(connection, oldKeys, newKeys);
                    account.Save(connection, newKeys);
                });
            }
            AttachmentStore.Reseal(folder, oldKeys, newKeys, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
            return VaultReplacement.Exchange(folder, copy);
        }
        finally
        {
            if (Directory.Exists(copy))
                Directory.Delete(copy, recursive: true);
        }
    }

    private static void ResealData(VaultConnection connection, VaultKeys oldKeys, VaultKeys newKeys)
    {
        foreach (string table in new[] { "local_data", "history" })
        {
            string condition = table == "history" ? "AND stream = 1" : "";
            foreach (long row in Rows(connection, $"SELECT rowid FROM {table} WHERE head IS NOT NULL {condition}"))
            {
                (Guid id, long version, byte[] head, byte[]? tail) = connection.Query($"SELECT id, version, head, tail FROM {table} WHERE rowid = $1",
                    read => (read.GetId(0), read.GetInt64(1), read.GetBytes(2), read.GetBytesOrNull(3)), row).Single();
                EntryContent content = SealedEntry.OpenContent(oldKeys, id, version, head, tail);
                SealedEntry.Parts parts = SealedEntry.Seal(newKeys, id, version, content);
                connection.Execute($"UPDATE {table} SET head = $2, tail = $3 WHERE rowid = $1", row, parts.Summary, parts.Secret);
                if (table == "local_data")
                    connection.Execute("UPDATE local_data SET digest = $2, name_key = $3 WHERE rowid = $1", row, parts.Digest(), newKeys.NameKey(content.Name));
            }
        }
    }

    private static void ResealHistoryOfFlags(VaultConnection connection, VaultKeys oldKeys, VaultKeys newKeys)
    {
        foreach (RecordStream stream in new[] { RecordStream.Tags, RecordStream.Favorite })
            ResealFlags(connection, stream, "history", "head", oldKeys, newKeys, $"AND stream = {(int)stream}");
    }

    private static void ResealFlags(
        VaultConnection connection, RecordStream stream, string table, string column, VaultKeys oldKeys, VaultKeys newKeys, string condition = "")
    {
        foreach (long row in Rows(connection, $"SELECT rowid FROM {table} WHERE {column} IS NOT NULL {condition}"))
        {
            (Guid id, long version, byte[] sealedBody) = connection.Query($"SELECT id, version, {column} FROM {table} WHERE rowid = $1",
                read => (read.GetId(0), read.GetInt64(1), read.GetBytes(2)), row).Single();
            byte[] body = SealedEntry.SealAgain(oldKeys, stream, id, (version, sealedBody), version, newKeys);
            connection.Execute($"UPDATE {table} SET {column} = $2 WHERE rowid = $1", row, body);
        }
    }

    // Only row numbers are read first, because the rows change during the loop.
    private static List<long> Rows(VaultConnection connection, string sql) => [.. connection.Query(sql, row => row.GetInt64(0))];
}
