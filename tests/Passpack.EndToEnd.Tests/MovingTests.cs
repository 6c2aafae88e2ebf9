using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>A server that is asked about, that moved, or whose account is removed from a machine that is behind.</summary>
public sealed class MovingTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public async Task The_same_account_at_another_address_is_taken_and_anything_else_is_not()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server), stranger = await TestAccount.RegisterAsync(server);
        await using HostileServer moved = await HostileServer.StartAsync(server.Address);
        Machine a = await account.MachineAsync("a");
        a.Add("n");
        await a.SyncAsync();
        string before = a.DumpVault();

        await RefusedAsync(ErrorCodes.InsecureTransport, new Uri("http://passpack.example.com/"));
        await RefusedAsync(ErrorCodes.ServerUnreachable, new Uri("http://127.0.0.1:9/"));
        using (VaultKeys keys = stranger.Keys())
        {
            ManifestLink other = Registration.FirstManifest(Guid.NewGuid()).Seal(keys, keys.Identity(1, stranger.UserId));
            moved.Lie = Lies.Head(head => head with { Manifests = [other with { Generation = head.Generation }] });
            await RefusedAsync(ErrorCodes.ServerTampered, moved.Address);
        }
        moved.Lie = null;
        Assert.Equal(before, a.DumpVault());

        await ServerCheck.MoveAsync(a.Vault, moved.Address);

        Assert.Equal(moved.Address, a.Vault.Describe().Server);
        moved.Requests = 0;
        Assert.Empty((await a.SyncAsync()).Changes);
        Assert.Equal(1, moved.Requests);

        async Task RefusedAsync(string errorId, Uri to) =>
            Assert.Equal(errorId, (await Assert.ThrowsAsync<PasspackException>(() => ServerCheck.MoveAsync(a.Vault, to))).ErrorId);
    }

    [Fact]
    public async Task Asked_about_the_server_says_how_things_stand()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        await using HostileServer wire = await HostileServer.StartAsync(server.Address);
        Machine a = await account.MachineAsync("a", server: wire.Address);
        a.Add("n");
        await a.SyncAsync();
        string before = a.DumpVault();

        await ServerCheck.CheckAsync(a.Vault);
        await ServerCheck.ReachAsync(a.Vault.Folder);
        wire.Lie = Lies.Head(head => head with { KeyGeneration = 2 });
        Assert.Equal(ErrorCodes.PackingKeyChangedOnline, await SaysAsync());
        wire.Lie = Lies.Head(head => head with { Revision = 0 });
        Assert.Equal(ErrorCodes.ServerRolledBack, await SaysAsync());
        wire.Lie = Lies.About(Routes.Changes, _ => Task.FromResult<Answer?>(Answer.Problem(401, ErrorCodes.DeviceRevoked)));
        Assert.Equal(ErrorCodes.DeviceRevoked, await SaysAsync());
        Assert.Equal(before, a.DumpVault());

        async Task<string> SaysAsync() => (await Assert.ThrowsAsync<PasspackException>(() => ServerCheck.CheckAsync(a.Vault))).ErrorId;
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task An_account_is_removed_at_another_address_and_what_was_missing_here_is_kept(bool disconnected)
    {
        var home = new DataFolder(Path.Combine(Path.GetTempPath(), $"passpack-moving-{Guid.NewGuid():N}"));
        var other = new DataFolder(home.Path + "-other");
        string userId = $"user-{Guid.NewGuid():N}";
        using SecretBytes password = SecretBytes.FromChars("the password"), key = SecretBytes.FromChars("the packing key of this test");
        await using HostileServer moved = await HostileServer.StartAsync(server.Address);
        try
        {
            using (LocalVault vault = await Registration.RegisterAsync(new(home, server.Address, userId, password, key)))
            {
                if (disconnected)
                    await Disconnecting.DisconnectAsync(vault);
            }
            using (LocalVault vault = await Connecting.ConnectAsync(new(other, server.Address, userId, password, key)))
            {
                var machine = new Machine("other", other, vault);
                machine.Add("only there");
                await machine.SyncAsync();
            }

            await AccountRemoval.RemoveAsync(new(home, moved.Address, userId, password, key));

            using LocalVault after = LocalVault.Unlock(home, userId, key);
            Assert.Single(after.List(new EntryQuery { Name = "only there" }));
            Assert.Null(after.Describe().Server);
            Assert.Contains(after.Describe().Backups, path => path.Contains("before-removal", StringComparison.Ordinal));
        }
        finally
        {
            foreach (DataFolder folder in new[] { home, other })
            {
                if (Directory.Exists(folder.Path))
                    Directory.Delete(folder.Path, recursive: true);
            }
        }
    }

    [Fact]
    public async Task What_was_deleted_online_is_listed_as_it_last_was()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        Machine a = await account.MachineAsync("a"), b = await account.MachineAsync("b");
        Guid one = a.Add("one", new EntryEdit { Password = "p1" }).Id, two = a.Add("two").Id;
        a.Add("three");
        await a.SyncAsync();
        a.Edit(one, new EntryEdit { Password = "p2" });
        await a.SyncAsync();
        await a.OnlineAsync(new OnlineEdit { Id = one, Delete = true });
        await a.OnlineAsync(new OnlineEdit { Id = two, Delete = true });

        List<OnlineVersion> all = [];
        // This machine has never synced: it asks online, and stays as it is.
        await foreach (OnlineVersion deleted in OnlineVault.DeletedAsync(b.Vault, null, error => throw error))
            all.Add(deleted);

        Assert.Equal(["one", "two"], all.Select(deleted => deleted.Entry!.Name));
        Assert.Equal("p2", all[0].ReadSecret().Password);
        Assert.Equal(0, b.Vault.Describe().Entries);
        all.Clear();
        await foreach (OnlineVersion deleted in OnlineVault.DeletedAsync(b.Vault, two, error => throw error))
            all.Add(deleted);
        Assert.Equal(two, Assert.Single(all).EntryId);
    }
}
