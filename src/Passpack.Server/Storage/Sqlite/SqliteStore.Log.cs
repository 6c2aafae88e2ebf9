using Microsoft.Data.Sqlite;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Limits the size of the write-ahead log.</summary>
internal sealed partial class SqliteStore
{
    /// <summary>The size in bytes at which a writer copies the log back into the file.</summary>
    public const long MostLogBytes = 16 << 20;

    // Long enough for any reader of this server, because each reads one page.
    private const int FoldMilliseconds = 1000;

    private long foldAt = MostLogBytes;

    /// <summary>
    /// SQLite restarts the log only in a moment without readers; if readers always overlap, the log grows without end. This method waits for the
    /// present readers, while new ones read what has already been copied back. If a reader stays, such as a backup of the file, it gives up, and
    /// tries again when the log has grown by the same size. Called by one writer at a time.
    /// </summary>
    private void FoldLog(SqliteConnection connection)
    {
        var log = new FileInfo(path + "-wal");
        if (!log.Exists || log.Length < foldAt)
            return;
        bool folded;
        try
        {
            connection.Run($"PRAGMA busy_timeout = {FoldMilliseconds}");
            folded = connection.First("PRAGMA wal_checkpoint(TRUNCATE)", row => row.GetInt32(0) == 0);
        }
        catch (SqliteException)
        {
            // The write itself is committed, so its answer must report success. The next writer will meet an error of the disk, too.
            folded = false;
        }

        foldAt = folded ? MostLogBytes : log.Length + MostLogBytes;
    }
}
