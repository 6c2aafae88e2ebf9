using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Server;
using Passpack.Server.Verbs;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>A server that is set back to what `passpack-server backup` copied while it ran, and its clients' way on from there.</summary>
public sealed class BackupVerbTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public async Task After_a_restore_clients_are_told_and_go_on_by_accepting_with_nothing_lost()
    {
        string copy = Path.Combine(Path.GetTempPath(), $"passpack-backup-{Guid.NewGuid():N}.db");
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        Machine a = await account.MachineAsync("a"), b = await account.MachineAsync("b");
        Guid edited = a.Add("before the copy", new EntryEdit { Password = "old" }).Id;
        await a.SyncAsync();
        await b.SyncAsync();

        using var error = new StringWriter();
        Assert.Equal(0, await CommandLine.RunAsync(["backup", copy, "--data", server.Folder], TextWriter.Null, error));
        a.Edit(edited, new EntryEdit { Password = "new" });
        await a.SyncAsync();
        b.Add("after the copy");
        await b.SyncAsync();
        await a.SyncAsync();
        string whole = a.Dump();

        await server.StopAsync();
        Directory.Delete(server.Folder, recursive: true);
        Directory.CreateDirectory(server.Folder);
        File.Move(copy, Path.Combine(server.Folder, PasspackServer.DatabaseName));
        await server.InitializeAsync();

        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => a.SyncAsync());
        Assert.Equal(ErrorCodes.ServerRolledBack, refused.ErrorId);
        Assert.Contains("-AcceptRollback", refused.Message, StringComparison.Ordinal);
        var accept = new SyncOptions { AcceptRollback = true };
        await a.SyncAsync(accept);
        await b.SyncAsync(accept);
        await a.SyncAsync();
        Assert.Equal(whole, a.Dump());
        Assert.Equal(whole, b.Dump());
        Machine newcomer = await account.MachineAsync("newcomer");
        await newcomer.SyncAsync();
        Assert.Equal(whole, newcomer.Dump());
    }
}
