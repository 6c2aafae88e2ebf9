using Microsoft.Data.Sqlite;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Looks at a file that a server may be using.</summary>
internal sealed class SqliteInspection(string path) : IStoreInspection
{
    public Task<StoreFindings> InspectAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        try
        {
            using SqliteConnection connection = Open(path);
            return Task.FromResult(Inspect(connection));
        }
        catch (SqliteException e)
        {
            throw SqliteStore.Translate(path, e);
        }
    }

    /// <summary>Opens a database of this server that exists already.</summary>
    /// <exception cref="StoreException">There is none, or it is something else.</exception>
    public static SqliteConnection Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        if (!File.Exists(path))
            throw new StoreException(StoreFailure.Unusable, $"There is no database {path}. Name the server's folder with --data; its first start makes the database.");
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = SqliteStore.BusySeconds }.ToString());
        try
        {
            connection.Open();
            connection.Run($"PRAGMA busy_timeout = {SqliteStore.BusySeconds * 1000}");
            if (connection.First("PRAGMA application_id", row => row.GetInt32(0)) != Schema.ApplicationId)
                throw new StoreException(StoreFailure.Unusable, $"{path} is not a database of this server.");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private StoreFindings Inspect(SqliteConnection connection) => new(
        $"SQLite {connection.ServerVersion}",
        new FileInfo(path).Length,
        connection.First("PRAGMA user_version", row => row.GetInt32(0)),
        Schema.Steps.Length,
        Accounts(connection),
        // Both are kept in every schema. What a later one writes is no older than the request that noted its device.
        connection.First("SELECT max(moment) FROM (SELECT max(last_seen) AS moment FROM device UNION ALL SELECT max(pushed) FROM vault)", row => row.IsDBNull(0) ? (DateTimeOffset?)null : row.Time(0)),
        [new StoreSetting("journal_mode", connection.First("PRAGMA journal_mode", row => row.GetString(0))!)]);

    public static long Accounts(SqliteConnection connection) =>
        connection.First("SELECT count(*) FROM account WHERE user_id IS NOT NULL", row => row.GetInt64(0));
}
