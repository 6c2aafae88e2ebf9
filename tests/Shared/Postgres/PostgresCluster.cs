using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using Passpack.Server.Storage.Postgres;

[assembly: Xunit.AssemblyFixture(typeof(Passpack.Tests.Postgres.PostgresCluster))]

namespace Passpack.Tests.Postgres;

/// <summary>
/// A PostgreSQL of this test process alone, made when the first test asks for it: in a folder below /tmp, reached by a socket in it. A shell stands between:
/// when this process ends, however it ends, the shell's input does, and it stops the database and removes the folder.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private const string Template = "template_passpack";

    // Of the tables: what a test added to them would be the next test's. Of the rest: what its rows are decided by.
    private const string Shape = """
        SELECT (SELECT string_agg(attrelid::regclass || ' ' || attname, ',' ORDER BY attrelid::regclass::text, attname) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace) || (SELECT concat(version, ' ', oldest) FROM passpack_schema)
            || (SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """;

    // Most tests fill a few of the tables only.
    private const string Clean = """
        DO $$ DECLARE filled text := (
            SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT IN ('passpack_schema', 'server', 'total') AND pg_relation_size(oid) > 0);
        BEGIN
            IF filled IS NOT NULL THEN EXECUTE 'TRUNCATE ' || filled || ' RESTART IDENTITY CASCADE'; END IF;
        END $$;
        DELETE FROM server;
        INSERT INTO server (id, secret) VALUES (1, sha256(convert_to(gen_random_uuid()::text, 'UTF8')));
        UPDATE total SET bytes = 0 WHERE bytes <> 0
        """;

    private static readonly SemaphoreSlim s_gate = new(1);
    private static readonly ConcurrentBag<string> s_free = [];
    private static readonly ConcurrentDictionary<string, bool> s_prepared = [];
    private static PostgresCluster? s_started;
    private static string s_shape = "";
    private static int s_databases;

    private Process? shell;
    private string folder = "";

    /// <summary>Why there is none. Null if there can be one.</summary>
    public static string? Missing { get; } = PostgresPrograms.Missing;

    /// <summary>
    /// A database of its own for one test, prepared or empty, as a connection string. One that is prepared may be that of an earlier test, emptied: making one takes
    /// longer than most tests.
    /// </summary>
    public static async Task<string> NewDatabaseAsync(bool prepared = true, string encoding = "UTF8")
    {
        Xunit.Assert.SkipWhen(Missing is not null, Missing ?? "");
        PostgresCluster cluster = await StartedAsync();
        if (prepared && s_free.TryTake(out string? free))
            return free;
        string name = $"test_{Environment.ProcessId}_{Interlocked.Increment(ref s_databases)}";
        await cluster.RunAsync(prepared ? $"CREATE DATABASE {name} TEMPLATE {Template}" : $"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'");
        string database = cluster.StringOf(name);
        if (prepared)
        {
            s_prepared[database] = true;
            // The template's secret would be everybody's.
            await RunAsync(database, Clean);
        }

        return database;
    }

    /// <summary>Takes a database back from a test, whoever uses it: emptied for the next, or removed if it is not as it was prepared.</summary>
    public static async Task DropAsync(string connectionString)
    {
        PostgresCluster cluster = await StartedAsync();
        string? name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        if (s_prepared.ContainsKey(connectionString) && await CleanAsync(connectionString))
        {
            s_free.Add(connectionString);
            return;
        }

        await cluster.RunAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    }

    /// <summary>Another cluster, of which a test stops and starts the database.</summary>
    public static async Task<PostgresCluster> StartOwnAsync()
    {
        Xunit.Assert.SkipWhen(Missing is not null, Missing ?? "");
        var cluster = new PostgresCluster();
        await cluster.StartAsync();
        return cluster;
    }

    private static async Task<PostgresCluster> StartedAsync()
    {
        await s_gate.WaitAsync();
        try
        {
            if (s_started is null)
            {
                var cluster = new PostgresCluster();
                if (OverPostgres.Cluster is { } shared)
                    cluster.folder = shared;
                else
                {
                    await cluster.StartAsync();
                    await cluster.RunAsync($"CREATE DATABASE {Template} TEMPLATE template0");
                    using var store = new PostgresStore(PostgresAddress.Parse(cluster.StringOf(Template)));
                    await store.PrepareAsync(default);
                }

                await using (var connection = new NpgsqlConnection(cluster.StringOf(Template) + ";Pooling=false"))
                {
                    await connection.OpenAsync();
                    s_shape = await AskAsync(connection, Shape);
                }

                s_started = cluster;
            }

            return s_started;
        }
        finally
        {
            s_gate.Release();
        }
    }

    /// <summary>How a database of this cluster is reached.</summary>
    // Patient: on a busy machine a connection may take longer than the usual fifteen seconds, which says nothing of what is tested.
    public string StringOf(string database) => $"Host={folder};Database={database};Username=postgres;Maximum Pool Size=16;Pooling=true;Timeout=120;Command Timeout=120";

    /// <summary>Runs a statement outside of any test's database.</summary>
    public Task RunAsync(string sql) => RunAsync(StringOf("postgres"), sql);

    /// <summary>Asks for a text outside of any test's database.</summary>
    public async Task<string> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(StringOf("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        return await AskAsync(connection, sql);
    }

    /// <summary>Runs a statement in a database.</summary>
    public static async Task RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Empties a database, unless a test left it in another shape than it was prepared in. Whether it did.</summary>
    private static async Task<bool> CleanAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var end = new NpgsqlCommand(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", connection);
        await end.ExecuteNonQueryAsync();
        if (await AskAsync(connection, Shape) != s_shape)
            return false;
        await using var clean = new NpgsqlCommand(Clean, connection);
        await clean.ExecuteNonQueryAsync();
        return true;
    }

    private static async Task<string> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The folder of the cluster that all tests share, for another process of this program.</summary>
    internal static async Task<string> FolderAsync() => (await StartedAsync()).folder;

    private Task StartAsync() => StartAsync(data => $"{PostgresPrograms.Folder}/initdb --no-sync -A trust -E UTF8 --locale=C -U postgres -D {data}");

    /// <param name="make">Fills a folder.</param>
    private async Task StartAsync(Func<string, string> make)
    {
        folder = Directory.CreateTempSubdirectory("passpack-pg-").FullName;
        PostgresPrograms.Give(folder);
        // No fsync: the machine does not fail while a test runs. No autovacuum: every database would be looked at each minute. The rest is as it comes.
        string script = $$"""
            cd {{folder}} || exit 1
            trap 'rm -rf {{folder}}' EXIT
            trap : TERM INT HUP
            {{make(folder + "/data")}} >{{folder}}/log 2>&1 || { cat {{folder}}/log; exit 1; }
            printf '%s\n' "unix_socket_directories = '{{folder}}'" "listen_addresses = ''" 'fsync = off' 'full_page_writes = off' 'max_connections = 300' \
                'shared_buffers = 64MB' 'max_wal_size = 2GB' 'autovacuum = off' >>{{folder}}/data/postgresql.conf
            {{PostgresPrograms.Folder}}/pg_ctl start -w -t 120 -D {{folder}}/data -l {{folder}}/log >/dev/null 2>&1 || { cat {{folder}}/log; exit 1; }
            echo started
            cat >/dev/null
            {{PostgresPrograms.Folder}}/pg_ctl stop -m fast -w -D {{folder}}/data >/dev/null 2>&1
            """;
        shell = PostgresPrograms.Start(script);
        string? line = await shell.StandardOutput.ReadLineAsync();
        if (line != "started")
            throw new InvalidOperationException($"PostgreSQL cannot be made: {line} {await shell.StandardOutput.ReadToEndAsync()} {await shell.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Another cluster, which follows this one and can take its place.</summary>
    public async Task<PostgresCluster> FollowAsync()
    {
        var standby = new PostgresCluster();
        await standby.StartAsync(data => $"{PostgresPrograms.Folder}/pg_basebackup -h {folder} -U postgres -D {data} -R -X stream -c fast");
        return standby;
    }

    /// <summary>How whichever of two clusters is the primary is reached.</summary>
    public string StringOf(string database, PostgresCluster other) => StringOf(database).Replace(folder, $"{folder},{other.folder}", StringComparison.Ordinal) + ";Target Session Attributes=primary";

    /// <summary>Ends the database of a cluster of one's own as a crash does.</summary>
    public Task CrashAsync() => RunProgramAsync("stop -m immediate");

    /// <summary>Starts it again.</summary>
    public Task RestartAsync() => RunProgramAsync("start -t 120");

    /// <summary>Makes a standby the primary.</summary>
    public Task PromoteAsync() => RunProgramAsync("promote -t 120");

    /// <summary>Ends the database of a cluster of one's own as a crash does, and starts it again after a while.</summary>
    public async Task CrashAsync(TimeSpan away)
    {
        await CrashAsync();
        await Task.Delay(away);
        await RestartAsync();
    }

    private async Task RunProgramAsync(string verb)
    {
        using Process program = PostgresPrograms.Start($"{PostgresPrograms.Folder}/pg_ctl {verb} -w -D {folder}/data -l {folder}/log >/dev/null 2>&1");
        await program.WaitForExitAsync();
        Xunit.Assert.Equal(0, program.ExitCode);
    }

    /// <summary>Ends what every test shared, at the end of all tests, or one's own.</summary>
    public async ValueTask DisposeAsync()
    {
        if (shell is null)
        {
            // The fixture of the assembly, which is no cluster itself.
            if (s_started is { } started)
                await started.StopAsync();
            return;
        }

        await StopAsync();
    }

    private async Task StopAsync()
    {
        // Null: another process's.
        if (shell is null)
            return;
        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        shell.Dispose();
    }
}
