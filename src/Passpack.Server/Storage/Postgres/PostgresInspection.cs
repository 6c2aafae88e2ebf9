using Npgsql;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Looks at a database of PostgreSQL that servers may be using.</summary>
internal sealed class PostgresInspection(PostgresAddress database) : IStoreInspection
{
    public async Task<StoreFindings> InspectAsync(CancellationToken cancel)
    {
        try
        {
            await using NpgsqlDataSource source = database.Open();
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancel);
            var work = new PostgresWork(connection, null, cancel);
            if (!await work.FirstNowAsync("SELECT to_regclass('passpack_schema') IS NOT NULL", row => row.GetBoolean(0)))
                throw new StoreException(StoreFailure.Unusable, $"{database} has no tables of this server. Its first start makes them.");
            return await InspectAsync(work);
        }
        catch (Exception e) when (PostgresFaults.IsOfDatabase(e))
        {
            cancel.ThrowIfCancellationRequested();
            throw PostgresFaults.Translate(database.ToString(), e);
        }
    }

    private async Task<StoreFindings> InspectAsync(PostgresWork work)
    {
        List<StoreFindings> found = work.All(
            """
            SELECT current_setting('server_version'), pg_database_size(current_database()), (SELECT version FROM passpack_schema),
                (SELECT count(*) FROM account WHERE user_id IS NOT NULL), greatest((SELECT max(last_seen) FROM device), (SELECT max(pushed) FROM vault))
            """,
            row => new StoreFindings(
                $"PostgreSQL {row.GetString(0)}", row.GetInt64(1), row.GetInt32(2), PostgresSchema.Steps.Length, row.GetInt64(3), row.IsDBNull(4) ? null : row.Time(4), []));
        List<(string Commit, string Standbys, string Sync, string Encoding, long Attached)> settings = work.All(
            """
            SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), current_setting('fsync'), current_setting('server_encoding'),
                (SELECT count(*) FROM pg_stat_replication)
            """,
            row => (row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4)));
        await work.SendAsync();
        (string commit, string standbys, string sync, string encoding, long attached) = settings[0];
        return found[0] with
        {
            Settings =
            [
                new StoreSetting("synchronous_commit", commit, commit is "off" or "local" && (commit == "off" || standbys.Length > 0)
                    ? "What a server answered for may be lost when the database fails: ALTER SYSTEM SET synchronous_commit = on, then SELECT pg_reload_conf()." : null),
                new StoreSetting("synchronous_standby_names", $"'{standbys}'", standbys.Length == 0 && attached > 0
                    ? "There is a standby that is not waited for: what was answered for last is lost when it takes over. Name it there." : null),
                new StoreSetting("fsync", sync, sync == "off" ? "A power failure damages the database: ALTER SYSTEM SET fsync = on, then SELECT pg_reload_conf()." : null),
                new StoreSetting("server_encoding", encoding, encoding != "UTF8" ? "Make a database of UTF8, and move the data there with pg_dump." : null),
                new StoreSetting("transport", database.IsProtected ? "protected, or within this machine" : "not verified", database.IsProtected
                    ? null : "Whoever is between this server and the database reads and changes what is sent: SSL Mode=VerifyFull;Root Certificate=FILE in --database."),
            ],
        };
    }
}
