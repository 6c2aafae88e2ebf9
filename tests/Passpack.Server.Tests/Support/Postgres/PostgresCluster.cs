using System.Diagnostics;
using Npgsql;
using Passpack.Server.Storage.Postgres;
using Passpack.Server.Tests.Support.Postgres;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresCluster))]

namespace Passpack.Server.Tests.Support.Postgres;

/// <summary>
/// A PostgreSQL of this test process alone, made when the first test asks for it: in a folder below /tmp, reached by a socket in it. A shell stands between:
/// when this process ends, however it ends, the shell's input does, and it stops the database and removes the folder.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private const string Template = "template_passpack";

    private static readonly SemaphoreSlim s_gate = new(1);
    private static PostgresCluster? s_started;
    private static int s_databases;

    private Process? shell;
    private string folder = "";

    /// <summary>Why there is none. Null if there can be one.</summary>
    public static string? Missing { get; } = PostgresPrograms.Missing;

    /// <summary>A database of its own for one test, prepared or empty, as a connection string.</summary>
    public static async Task<string> NewDatabaseAsync(bool prepared = true, string encoding = "UTF8")
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        PostgresCluster cluster = await StartedAsync();
        string name = $"test_{Interlocked.Increment(ref s_databases)}";
        await cluster.RunAsync(prepared ? $"CREATE DATABASE {name} TEMPLATE {Template}" : $"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'");
        // The template's would be everybody's.
        if (prepared)
            await RunAsync(cluster.StringOf(name), "UPDATE server SET secret = sha256(convert_to(gen_random_uuid()::text, 'UTF8'))");
        return cluster.StringOf(name);
    }

    /// <summary>Removes a database, whoever uses it.</summary>
    public static async Task DropAsync(string connectionString)
    {
        PostgresCluster cluster = await StartedAsync();
        await cluster.RunAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");
    }

    /// <summary>Another cluster, of which a test stops and starts the database.</summary>
    public static async Task<PostgresCluster> StartOwnAsync()
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
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
                await cluster.StartAsync();
                await cluster.RunAsync($"CREATE DATABASE {Template} TEMPLATE template0");
                using (var store = new PostgresStore(PostgresAddress.Parse(cluster.StringOf(Template))))
                    await store.PrepareAsync(default);
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
    public string StringOf(string database) => $"Host={folder};Database={database};Username=postgres;Maximum Pool Size=16;Pooling=true";

    /// <summary>Runs a statement outside of any test's database.</summary>
    public Task RunAsync(string sql) => RunAsync(StringOf("postgres"), sql);

    /// <summary>Runs a statement in a database.</summary>
    public static async Task RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false;Command Timeout=120");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task StartAsync()
    {
        folder = Directory.CreateTempSubdirectory("passpack-pg-").FullName;
        PostgresPrograms.Give(folder);
        // No fsync: the machine does not fail while a test runs. The rest is as it comes.
        string script = $$"""
            cd {{folder}} || exit 1
            trap 'rm -rf {{folder}}' EXIT
            trap : TERM INT HUP
            {{PostgresPrograms.Folder}}/initdb --no-sync -A trust -E UTF8 --locale=C -U postgres -D {{folder}}/data >{{folder}}/log 2>&1 || { cat {{folder}}/log; exit 1; }
            printf '%s\n' "unix_socket_directories = '{{folder}}'" "listen_addresses = ''" 'fsync = off' 'full_page_writes = off' 'max_connections = 300' \
                'shared_buffers = 64MB' 'max_wal_size = 2GB' >>{{folder}}/data/postgresql.conf
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

    /// <summary>Ends the database of a cluster of one's own as a crash does, and starts it again after a while.</summary>
    public async Task CrashAsync(TimeSpan away)
    {
        await RunProgramAsync("stop -m immediate");
        await Task.Delay(away);
        await RunProgramAsync("start -t 120");
    }

    private async Task RunProgramAsync(string verb)
    {
        using Process program = PostgresPrograms.Start($"{PostgresPrograms.Folder}/pg_ctl {verb} -w -D {folder}/data -l {folder}/log >/dev/null 2>&1");
        await program.WaitForExitAsync();
        Assert.Equal(0, program.ExitCode);
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
        shell!.StandardInput.Close();
        await shell.WaitForExitAsync();
        shell.Dispose();
    }
}
