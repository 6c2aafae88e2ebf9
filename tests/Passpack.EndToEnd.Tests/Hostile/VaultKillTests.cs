using System.Security.Cryptography;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A real process ends by SIGKILL at every step of what makes, replaces, leaves or removes a vault.</summary>
public sealed class VaultKillTests(RealServer server) : IClassFixture<RealServer>, IDisposable
{
    private const string UserId = "me@example.com";

    private readonly string _root = Path.Combine(Path.GetTempPath(), $"passpack-kills-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Killed_at_every_step_of_making_a_vault_and_its_schema()
    {
        string keys = NewKeys();
        await ForEachStepAsync(6, async (home, step) =>
        {
            bool killed = await Worker.RunUntilAsync("create", home, UserId, keys, step);
            AccountFolder folder = home.Account(UserId);
            Assert.True(killed || folder.Exists);
            // Whole, or not there; and then nothing is in the way of making it.
            using LocalVault vault = folder.Exists ? Open(folder, keys)
                : LocalVault.Create(folder, TestAccount.KeysOf(keys), "7#not opened by these tests", row => row, null);
            Add(vault, "after");
            Assert.Equal(["after"], Names(vault));
            AssertSound(vault);
            return killed;
        });
    }

    [Fact]
    public async Task Killed_at_every_step_of_sealing_anew_to_join()
    {
        string before = NewKeys(), after = NewKeys();
        await ForEachStepAsync(10, async (home, step) =>
        {
            AccountFolder folder = home.Account(UserId);
            Make(folder, before);
            bool killed = await Worker.RunUntilAsync("reseal", home, UserId, $"{before} {after}", step);

            // There is always a live vault: the old one whole, or the new one whole.
            Assert.Equal(UserId, Assert.Single(home.Accounts()).UserId);
            LocalAccountInfo info = AccountInspector.Describe(folder);
            Assert.Null(info.Problem);
            Assert.Equal(2, info.Entries);
            bool isNew = IsOf(folder, after);
            Assert.True(killed || isNew);
            Assert.Equal(isNew ? 1 : 0, info.Quarantined.Count);
            using (LocalVault vault = Open(folder, isNew ? after : before))
            {
                Assert.Equal(["one", "two"], Names(vault));
                AssertSound(vault);
                Add(vault, "three");
            }
            // And joining again goes on from what is there, with what was added meanwhile.
            if (!isNew)
                Assert.False(await Worker.RunUntilAsync("reseal", home, UserId, $"{before} {after}", 0));
            using LocalVault joined = Open(folder, after);
            Assert.Equal(["one", "three", "two"], Names(joined));
            Assert.False(Directory.Exists(folder.NextFolder));
            return killed;
        });
    }

    [Fact]
    public async Task Killed_at_every_step_of_an_emergency_reset()
    {
        string keys = NewKeys();
        await ForEachStepAsync(2, async (home, step) =>
        {
            AccountFolder folder = home.Account(UserId);
            Make(folder, keys);
            bool killed = await Worker.RunUntilAsync("quarantine", home, UserId, keys, step);
            if (folder.Exists)
            {
                Assert.True(killed);
                using LocalVault vault = Open(folder, keys);
                Assert.Equal(["one", "two"], Names(vault));
            }
            else
            {
                string aside = Assert.Single(AccountInspector.Describe(folder).Quarantined);
                using VaultConnection connection = VaultConnection.Open(aside);
                Assert.Equal(2, connection.Scalar<long>("SELECT count(*) FROM local_data"));
            }
            return killed;
        });
    }

    [Fact]
    public async Task Killed_at_every_step_of_unlinking()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        int machines = 0;
        await ForEachStepAsync(5, async (_, step) =>
        {
            Machine machine = await account.MachineAsync($"{machines++}");
            machine.Add($"entry {step}");
            await machine.SyncAsync();
            machine.Edit(machine.Vault.List(new EntryQuery { Name = $"entry {step}" }).Single().Id, new EntryEdit { Notes = "unpushed" });
            string shown = machine.Dump();
            bool killed = await Worker.RunUntilAsync("unlink", account, machine, step);
            Assert.Equal(shown, machine.Dump());
            AssertSound(machine.Vault);
            // Once more, if it is not done: that the token is revoked already is what was wanted.
            if (machine.Vault.Describe().Server is not null)
            {
                Assert.True(killed);
                await Disconnecting.DisconnectAsync(machine.Vault);
            }
            Assert.Null(machine.Vault.Describe().Server);
            await account.ConnectAgainAsync(machine);
            await machine.SyncAsync();
            Assert.Equal(shown, machine.Dump());
            return killed;
        });
    }

    private Task ForEachStepAsync(int atLeast, Func<DataFolder, int, Task<bool>> killAt) =>
        Worker.ForEachStepAsync(atLeast, step => killAt(new DataFolder(Path.Combine(_root, $"{step}")), step));

    private static void Make(AccountFolder folder, string keys)
    {
        using LocalVault vault = LocalVault.Create(folder, TestAccount.KeysOf(keys), "7#not opened by these tests", row => row, null);
        Add(vault, "one");
        Add(vault, "two");
    }

    private static void Add(LocalVault vault, string name)
    {
        using VaultWriter writer = vault.BeginWrite();
        writer.Add(new EntryEdit { Name = name, Password = "p", Tags = ["t"], Favorite = true });
        writer.Commit();
    }

    private static LocalVault Open(AccountFolder folder, string keys) => Worker.Open(folder, TestAccount.KeysOf(keys));

    private static IEnumerable<string> Names(LocalVault vault) => vault.ListFull(new EntryQuery()).Select(entry => entry.Summary.Name).Order(StringComparer.Ordinal);

    private static bool IsOf(AccountFolder folder, string keys)
    {
        using VaultConnection connection = VaultFile.Open(folder);
        using VaultKeys known = TestAccount.KeysOf(keys);
        return AccountRow.Load(connection).VaultId == known.VaultId;
    }

    private static void AssertSound(LocalVault vault)
    {
        using VaultUse use = vault.Use();
        Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA integrity_check"));
    }

    private static string NewKeys() => $"{Convert.ToHexString(RandomNumberGenerator.GetBytes(KeyDerivation.KeyBytes))}/{Guid.NewGuid()}";
}
