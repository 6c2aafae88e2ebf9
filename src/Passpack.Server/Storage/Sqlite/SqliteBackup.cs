using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Copies a database that a server may be writing to into one file, by SQLite's backup API.</summary>
internal sealed class SqliteBackup(string source)
{
    // Between two parts it looks whether it was told to stop.
    private const int PagesAtOnce = 4096;

    /// <summary>Copies under another name, checks the copy, and gives it its own name then.</summary>
    public async Task<BackupCopy> CopyAsync(string target, bool replace, CancellationToken cancel)
    {
        if (!replace && File.Exists(target))
            throw new IOException($"{target} exists. Name another file, or replace it with --force.");
        string part = $"{target}.{Guid.NewGuid():N}.part";
        if (!OperatingSystem.IsWindows())
            SafeFolder.RequireWay(part);
        try
        {
            Create(part);
            await Task.Run(() => Copy(part, cancel), cancel);
            BackupCopy copy = await CheckAsync(part, cancel);
            File.Move(part, target, replace);
            return copy;
        }
        catch (SqliteException e)
        {
            throw SqliteStore.Translate(target, e);
        }
        finally
        {
            foreach (string rest in new[] { part, part + "-journal", part + "-wal", part + "-shm" })
                File.Delete(rest);
        }
    }

    /// <summary>An empty file that only its owner can read, before anything is written to it.</summary>
    private static void Create(string part)
    {
        using (new FileStream(part, DataFolder.OwnerOnly(new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write })))
        {
        }
    }

    private void Copy(string part, CancellationToken cancel)
    {
        using SqliteConnection from = SqliteInspection.Open(source);
        // One moment of the source: else each push would begin the copy anew.
        using SqliteTransaction moment = from.BeginTransaction(deferred: true);
        SqliteInspection.Accounts(from);
        using SqliteConnection to = OpenCopy(part);
        using (sqlite3_backup backup = raw.sqlite3_backup_init(to.Handle, "main", from.Handle, "main"))
        {
            int result = raw.SQLITE_OK;
            for (; result == raw.SQLITE_OK; result = raw.sqlite3_backup_step(backup, PagesAtOnce))
                cancel.ThrowIfCancellationRequested();
            if (result != raw.SQLITE_DONE)
                SqliteException.ThrowExceptionForRC(result, to.Handle);
        }
        // The source keeps a log beside it; the copy is one file.
        to.Run("PRAGMA journal_mode = DELETE");
    }

    private static async Task<BackupCopy> CheckAsync(string part, CancellationToken cancel)
    {
        using (SqliteConnection copy = SqliteInspection.Open(part))
        {
            string fault = copy.First("PRAGMA integrity_check(1)", row => row.GetString(0)) ?? "no answer";
            if (fault != "ok" || copy.All("PRAGMA foreign_key_check", row => row.GetString(0)).Count > 0)
                throw new StoreException(StoreFailure.Unusable, $"the copy is damaged, and so is the database ({fault}). It was not kept.");
        }
        using (var store = new SqliteStore(part))
            await store.CheckAsync(cancel);
        StoreFindings found = await new SqliteInspection(part).InspectAsync(cancel);
        return new BackupCopy(found.Accounts, found.Bytes, found.Schema);
    }

    private static SqliteConnection OpenCopy(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
        connection.Open();
        connection.Run("PRAGMA synchronous = FULL");
        return connection;
    }
}
