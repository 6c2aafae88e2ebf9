using Microsoft.Data.Sqlite;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Bounds the write-ahead log.</summary>
internal sealed partial class SqliteStore
{
    /// <summary>Bytes at which a writer folds the log back into the file.</summary>
    public const long MostLogBytes = 16 << 20;

    // Long enough for every reader of this server, which reads one page.
    private const int FoldMilliseconds = 1000;

    private long foldAt = MostLogBytes;

    /// <summary>
    /// By itself SQLite begins the log anew only in a moment in which nobody reads; where readers overlap without end it grows without end. This
    /// waits for those that read now, while new ones read what is folded back already. A reader that stays, such as a backup of the file, makes
    /// it give up and try again when the log has grown as much again. Called by one writer at a time.
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
            // What was written is committed, and its answer has to say so. A fault of the disk meets the next writer, too.
            folded = false;
        }

        foldAt = folded ? MostLogBytes : log.Length + MostLogBytes;
    }
}
