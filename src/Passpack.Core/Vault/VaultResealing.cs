using Passpack.Packing;
using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>
/// Seals everything of an offline vault anew under other keys, in a copy that then takes the vault's place; the old one is set aside.
/// </summary>
internal static class VaultResealing
{
    public static void Replace(AccountFolder folder, VaultKeys oldKeys, VaultKeys newKeys, AccountRow account)
    {
        string copy = $"{folder.VaultFolder}.{Guid.NewGuid():N}.tmp";
        OwnerOnly.CreateFolder(copy);
        try
        {
            string file = Path.Combine(copy, Path.GetFileName(folder.VaultFile));
            VaultFiles.CopyInto(folder, file);
            using (VaultConnection connection = VaultConnection.Open(file))
            {
                connection.Execute("PRAGMA journal_mode = WAL");
                connection.BeginImmediate();
                ResealData(connection, oldKeys, newKeys);
                ResealFlags(connection, RecordStream.Tags, "local_tags", "body", oldKeys, newKeys);
                ResealFlags(connection, RecordStream.Favorite, "local_favorites", "body", oldKeys, newKeys);
                ResealHistoryOfFlags(connection, oldKeys, newKeys);
                account.Save(connection);
                connection.Commit();
            }
            VaultFiles.Quarantine(folder);
            VaultFiles.Place(folder, copy);
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
            string key = table == "history" ? "seq" : "row";
            string condition = table == "history" ? "stream = 1" : "1";
            foreach (var row in connection.Query($"SELECT {key}, id, version, head, tail FROM {table} WHERE head IS NOT NULL AND {condition}", row =>
                (Key: row.GetInt64(0), Id: row.GetId(1), Version: row.GetInt64(2), Head: row.GetBytes(3), Tail: row.GetBytesOrNull(4))).ToList())
            {
                EntryContent content = SealedEntry.OpenContent(oldKeys, row.Id, row.Version, row.Head, row.Tail);
                SealedEntry.Parts parts = SealedEntry.Seal(newKeys, row.Id, row.Version, content);
                connection.Execute($"UPDATE {table} SET head = $2, tail = $3 WHERE {key} = $1", row.Key, parts.Summary, parts.Secret);
                if (table == "local_data")
                    connection.Execute("UPDATE local_data SET digest = $2, name_key = $3 WHERE row = $1", row.Key, parts.Digest(), newKeys.NameKey(content.Name));
            }
        }
    }

    private static void ResealHistoryOfFlags(VaultConnection connection, VaultKeys oldKeys, VaultKeys newKeys)
    {
        foreach (RecordStream stream in new[] { RecordStream.Tags, RecordStream.Favorite })
            ResealFlags(connection, stream, "history", "head", oldKeys, newKeys, $"stream = {(int)stream}");
    }

    private static void ResealFlags(
        VaultConnection connection, RecordStream stream, string table, string column, VaultKeys oldKeys, VaultKeys newKeys, string condition = "1")
    {
        foreach (var row in connection.Query($"SELECT rowid, id, version, {column} FROM {table} WHERE {column} IS NOT NULL AND {condition}", row =>
            (Key: row.GetInt64(0), Id: row.GetId(1), Version: row.GetInt64(2), Body: row.GetBytes(3))).ToList())
        {
            byte[] body = stream == RecordStream.Tags
                ? SealedEntry.SealTags(newKeys, row.Id, row.Version, SealedEntry.OpenTags(oldKeys, row.Id, row.Version, row.Body))
                : SealedEntry.SealFavorite(newKeys, row.Id, row.Version, SealedEntry.OpenFavorite(oldKeys, row.Id, row.Version, row.Body));
            connection.Execute($"UPDATE {table} SET {column} = $2 WHERE rowid = $1", row.Key, body);
        }
    }
}
