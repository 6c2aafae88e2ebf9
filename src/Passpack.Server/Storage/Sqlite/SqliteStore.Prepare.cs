using Microsoft.Data.Sqlite;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Creating and migrating.</summary>
internal sealed partial class SqliteStore
{
    public async Task PrepareAsync(CancellationToken cancel)
    {
        try
        {
            DataFolder.PrepareFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFailure.Unusable, $"{path} cannot be used: {e.Message}", e);
        }

        // Works only outside of a transaction. The setting is stored in the file.
        await ReadAsync(connection => connection.Run("PRAGMA journal_mode = WAL"), cancel);

        // Under the write lock, because another node may be starting at the same time.
        await WriteAsync(connection => (true, Migrate(connection)), cancel);
        inUse ??= Open();
    }

    private int Migrate(SqliteConnection connection)
    {
        int version = connection.First("PRAGMA user_version", row => row.GetInt32(0));
        int application = connection.First("PRAGMA application_id", row => row.GetInt32(0));
        int tables = connection.First("SELECT count(*) FROM sqlite_schema", row => row.GetInt32(0));
        if (tables > 0 && application != Schema.ApplicationId)
            throw new StoreException(StoreFailure.Unusable, $"{path} is not a database of this server.");
        if (version > Schema.Steps.Length)
        {
            throw new StoreException(
                StoreFailure.Unusable,
                $"{path} was written by a newer server (schema {version}; this one knows {Schema.Steps.Length}). Use that server.");
        }

        foreach (string step in Schema.Steps.AsSpan(version))
            connection.Run(step);
        // Only when needed, so that a start writes nothing.
        if (version < Schema.Steps.Length)
            connection.Run($"PRAGMA application_id = {Schema.ApplicationId}; PRAGMA user_version = {Schema.Steps.Length};");
        return Schema.Steps.Length;
    }
}
