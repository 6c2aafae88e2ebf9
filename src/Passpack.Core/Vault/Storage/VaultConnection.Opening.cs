using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Vault.Storage;

// How a file is opened that may come from anybody.
internal sealed partial class VaultConnection
{
    // A push that waits for its answer is the largest.
    private const int MostValueBytes = 2 * Limits.MessageBytes;

    static VaultConnection() => SQLitePCL.Batteries_V2.Init();

    public static VaultConnection Open(string path, bool create = false)
    {
        if (create)
            OwnerOnly.CreateFile(path).Dispose();
        try
        {
            return Open(path, path, create);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.ReadOnly && !create && IsWholeWithoutJournal(path))
        {
            // On read-only media SQLite cannot make the shared memory that WAL needs. Nobody else can write there either, so the file is
            // read as one that does not change.
            return Open(path, $"{new Uri(path).AbsoluteUri}?immutable=1", create);
        }
    }

    /// <summary>Opens a file that nobody uses, and changes nothing: neither it nor its journal.</summary>
    public static VaultConnection OpenToRead(string path)
    {
        if (!File.Exists(path))
            throw VaultErrors.Missing(path);
        return Open(path, IsWholeWithoutJournal(path) ? $"{new Uri(path).AbsoluteUri}?immutable=1" : new Uri(path).AbsoluteUri, create: false);
    }

    /// <summary>An empty database that no file holds.</summary>
    public static VaultConnection OpenInMemory() => Open(":memory:", ":memory:", create: false);

    private static VaultConnection Open(string path, string source, bool create)
    {
        // Not pooled: a file that a pool still held could not be moved aside, on Windows.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = source,
            Mode = source == path ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadOnly,
            Pooling = false,
            ForeignKeys = true,
        }.ToString());
        var vault = new VaultConnection(connection, path);
        try
        {
            vault.Guard(() =>
            {
                connection.Open();
                return 0;
            });
            // The file may come from anybody: nothing in it may reach beyond its tables, and no value be larger than any that a vault has.
            SQLitePCL.raw.sqlite3_db_config(connection.Handle, SQLitePCL.raw.SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
            SQLitePCL.raw.sqlite3_limit(connection.Handle, SQLitePCL.raw.SQLITE_LIMIT_LENGTH, MostValueBytes);
            vault.Execute("PRAGMA trusted_schema = OFF");
            // SQLite's own wait is finer than the command timeout's loop, which moreover does not know of a journal under recovery.
            vault.Execute("PRAGMA busy_timeout = 30000");
            if (create)
                vault.Execute("PRAGMA journal_mode = WAL");
            vault.Execute("PRAGMA synchronous = FULL");
            vault.Execute("PRAGMA cache_size = -16384");
            // The first look into the file: whether it can be read at all shows here.
            vault.Scalar<long>("PRAGMA schema_version");
            return vault;
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    private static bool IsWholeWithoutJournal(string path) =>
        File.Exists(path) && new FileInfo($"{path}-wal") is { Exists: false } or { Length: 0 };
}
