using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Verbs;

/// <summary>Who is an administrator, said on the data folder of a server that is running.</summary>
public sealed class AdminTests
{
    private static Task<(int ExitCode, string[] Output, string[] Error)> RunAsync(string folder, params string[] args) =>
        VerbRun.RunAsync(["admin", .. args, "--data", folder]);

    [Fact]
    public async Task An_account_becomes_an_administrators_and_is_none_any_more_beside_the_server()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient anna = await server.RegisterAsync();
        Assert.Contains("no administrator", Assert.Single((await RunAsync(server.Folder, "list")).Output), StringComparison.Ordinal);
        Assert.Null((await anna.KeysAsync()).Administered);
        (int exitCode, string[] output, string[] error) = await RunAsync(server.Folder, "grant", " Anna@Example.ORG");
        Assert.Equal((0, "anna@example.org is an administrator."), (exitCode, Assert.Single(output)));
        Assert.Empty(error);
        Assert.Single((await anna.ListAsync()).Accounts);
        Assert.Equal(["anna@example.org"], (await RunAsync(server.Folder, "list")).Output);
        output = (await RunAsync(server.Folder, "revoke", "anna@example.org")).Output;
        Assert.Equal(["anna@example.org is no administrator any more.", "WARN: nobody is an administrator now."], output);
        Assert.Null((await anna.KeysAsync()).Administered);
        long number = (await server.Store.FindLoginAsync("anna@example.org", default))!.Account;
        EventType[] told = [EventType.AdministratorGranted, EventType.AdministratorRevoked];
        Assert.Equal(told, (await server.TypesAsync(number)).Where(told.Contains));
        Assert.Equal(told, (await server.TypesAsync(0)).Where(told.Contains));
    }

    [Fact]
    public async Task What_is_not_there_is_said_and_made_by_nobody()
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (string[] args in new[] { ["grant", "nobody"], ["revoke", "nobody"], ["grant"], ["grant", ""], ["take", "anna"], Array.Empty<string>() })
        {
            (int exitCode, string[] output, string[] error) = await RunAsync(server.Folder, args);
            Assert.Equal(1, exitCode);
            Assert.Empty(output);
            Assert.StartsWith("Nothing was changed: ", Assert.Single(error), StringComparison.Ordinal);
        }

        using var empty = new TempFolder();
        Assert.Equal(1, (await RunAsync(empty.Path, "list")).ExitCode);
        Assert.Empty(Directory.GetFiles(empty.Path));
    }

    [Fact]
    public async Task A_database_of_another_schema_is_left_as_it_is()
    {
        using var folder = new TempFolder();
        await using (TestServer server = await TestServer.StartAsync(folder: folder.Path))
            (await server.RegisterAsync()).Dispose();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.Of(PasspackServer.DatabaseName)};Pooling=False"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        (int exitCode, _, string[] error) = await RunAsync(folder.Path, "grant", "anna@example.org");
        Assert.Equal(1, exitCode);
        Assert.Contains("schema 99", Assert.Single(error), StringComparison.Ordinal);
    }
}
