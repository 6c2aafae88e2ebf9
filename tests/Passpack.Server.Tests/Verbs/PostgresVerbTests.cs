using Npgsql;
using Passpack.Server.Storage.Postgres;
using Passpack.Server.Tests.Support;
using Passpack.Tests.Postgres;
using Xunit;

namespace Passpack.Server.Tests.Verbs;

/// <summary>The verbs over a database of PostgreSQL, and the option that names it.</summary>
public sealed class PostgresVerbTests
{
    [Fact]
    public async Task A_health_check_shows_the_databases_settings_and_warns_of_what_puts_data_at_risk()
    {
        string database = await PostgresCluster.NewDatabaseAsync();
        using var folder = new TempFolder();
        (int code, string[] lines) = await CheckAsync(database, folder);
        Assert.Equal(1, code);
        Assert.Contains(lines, line => line.StartsWith("PASS database: PostgreSQL ", StringComparison.Ordinal) && line.EndsWith(", 0 accounts.", StringComparison.Ordinal));
        Assert.Contains($"PASS schema: version {PostgresSchema.Steps.Length}.", lines);
        Assert.Contains(lines, line => line.StartsWith("PASS disk: the database keeps a disk of its own", StringComparison.Ordinal));
        // The cluster of the tests does without.
        Assert.Contains("WARN settings: fsync = off.", lines);
        Assert.DoesNotContain(lines, line => line.Contains("synchronous_commit", StringComparison.Ordinal));

        string name = new NpgsqlConnectionStringBuilder(database).Database!;
        await PostgresCluster.RunAsync(database, $"ALTER DATABASE {name} SET synchronous_commit = off");
        (_, lines) = await CheckAsync(database, folder);
        Assert.Contains("WARN settings: synchronous_commit = off.", lines);
        await PostgresCluster.DropAsync(database);
    }

    [Fact]
    public async Task A_health_check_of_a_database_that_is_away_or_empty_says_so()
    {
        string empty = await PostgresCluster.NewDatabaseAsync(prepared: false);
        using var folder = new TempFolder();
        (_, string[] lines) = await CheckAsync(empty, folder);
        Assert.Contains(lines, line => line.StartsWith("WARN database: ", StringComparison.Ordinal) && line.Contains("has no tables of this server", StringComparison.Ordinal));
        (_, lines) = await CheckAsync("Host=/tmp/there-is-nothing;Database=passpack;Timeout=2", folder);
        Assert.Contains(lines, line => line.StartsWith("WARN database: database passpack of PostgreSQL at /tmp/there-is-nothing:5432 cannot be reached", StringComparison.Ordinal));
        await PostgresCluster.DropAsync(empty);
    }

    [Fact]
    public async Task A_backup_says_how_PostgreSQL_copies_its_databases()
    {
        using var folder = new TempFolder();
        (int code, _, string[] error) = await VerbRun.RunAsync("backup", folder.Of("copy"), "--data", folder.Path, "--database", "Host=db.example.com;Database=passpack;Username=anna");
        Assert.Equal(1, code);
        Assert.Contains($"pg_dump --format=custom --host=db.example.com --port=5432 --username=anna --file={folder.Of("copy")} passpack", Assert.Single(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db;Database=passpack;Password=geheim", "PGPASSFILE")]
    [InlineData("Host=db;Database=passpack;PWD=geheim", "PGPASSWORD")]
    [InlineData("Host=db;Password", "cannot be understood")]
    [InlineData("Host=db;Database=x;Timeout=geheim", "cannot be understood")]
    [InlineData("Host=db;Geheim=1", "cannot be understood")]
    [InlineData("Database=passpack", "names a Host and a Database")]
    [InlineData("postgresql://anna:geheim@db/passpack", "not a URI")]
    public async Task A_database_that_cannot_be_meant_is_refused_without_quoting_it(string database, string expected)
    {
        foreach (string[] option in new string[][] { ["--database", database], [$"--database={database}"] })
        {
            (int code, string[] output, string[] error) = await VerbRun.RunAsync(["healthcheck", .. option]);
            Assert.Equal(1, code);
            Assert.Contains(expected, Assert.Single(error), StringComparison.Ordinal);
            Assert.DoesNotContain("geheim", error[0], StringComparison.OrdinalIgnoreCase);
            Assert.Empty(output);
        }
    }

    private static async Task<(int Code, string[] Lines)> CheckAsync(string database, TempFolder folder)
    {
        (int code, string[] output, _) = await VerbRun.RunAsync("healthcheck", "--data", folder.Path, "--database", database);
        return (code, output);
    }
}
