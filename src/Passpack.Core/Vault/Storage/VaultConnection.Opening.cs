using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Vault.Storage;

// Opening vault files, which may come from strangers.
internal sealed partial class VaultConnection
{
    // The largest value is a waiting push.
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
            // On read-only media SQLite cannot make the shared memory that WAL needs. Nobody else can write there either, so the file is opened as
            // immutable.
            return Open(path, $"{new Uri(path).AbsoluteUri}?immutable=1", create);
        }
    }

    /// <summary>Opens a file that nobody uses, and changes neither the file nor its journal.</summary>
    public static VaultConnection OpenToRead(string path)
    {
        if (!File.Exists(path))
            throw VaultErrors.Missing(path);
        return Open(path, IsWholeWithoutJournal(path) ? $"{new Uri(path).AbsoluteUri}?immutable=1" : new Uri(path).AbsoluteUri, create: false);
    }

    /// <summary>Opens an empty database in memory.</summary>
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
            DefaultTimeout = PartOfWaitSeconds,
        }.ToString());
        var vault = new VaultConnection(connection, path);
        try
        {
            vault.Guard(() =>
            {
                connection.Open();
                return 0;
            });
            // The file may come from anybody: its schema must not act beyond its own tables, and no value may be larger than a vault's largest.
            SQLitePCL.raw.sqlite3_db_config(connection.Handle, SQLitePCL.raw.SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
            SQLitePCL.raw.sqlite3_limit(connection.Handle, SQLitePCL.raw.SQLITE_LIMIT_LENGTH, MostValueBytes);
            vault.Execute("PRAGMA trusted_schema = OFF");
            // SQLite's own wait is finer than the command timeout's loop, which also does not cover the recovery of a journal.
            SQLitePCL.raw.sqlite3_busy_timeout(connection.Handle, (int)s_longestWait.TotalMilliseconds);
            if (create)
                vault.Execute("PRAGMA journal_mode = WAL");
            vault.Execute("PRAGMA synchronous = FULL");
            vault.Execute("PRAGMA cache_size = -16384");
            // The first read of the file: an unreadable file fails here.
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
