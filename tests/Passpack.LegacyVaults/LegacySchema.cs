using Passpack.Vault.Storage;

namespace Passpack.LegacyVaults;

/// <summary>Makes a vault file one of an earlier schema: tables as that version's own statements make them, every row as it was.</summary>
public static class LegacySchema
{
    /// <summary>Ages the vault of an account that nobody has unlocked. What the earlier schema has no place for is left out.</summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="schema">From 1.</param>
    public static void Make(DataFolder home, string userId, int schema)
    {
        string file = home.Account(userId).VaultFile, aged = file + ".aged";
        using (VaultConnection connection = VaultConnection.Open(aged, create: true))
        {
            VaultSchema.Migrate(connection, create: true, to: schema);
            connection.Execute("ATTACH DATABASE $1 AS now", file);
            connection.BeginImmediate();
            connection.Execute("PRAGMA defer_foreign_keys = ON");
            foreach (string table in connection.Query("SELECT name FROM main.sqlite_schema WHERE type = 'table'", row => row.GetString(0)).ToList())
            {
                string columns = string.Join(", ", connection.Query($"SELECT name FROM pragma_table_info('{table}', 'main')", row => row.GetString(0)).ToList());
                connection.Execute($"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}");
            }
            connection.Commit();
            connection.Execute("DETACH DATABASE now");
        }
        foreach (string suffix in new[] { "", "-wal", "-shm" })
            File.Delete(file + suffix);
        File.Move(aged, file);
    }

    /// <summary>The schema that a vault file has, without opening it as the product does.</summary>
    public static int Of(string file)
    {
        using VaultConnection connection = VaultConnection.OpenToRead(file);
        return VaultSchema.Check(connection);
    }
}
