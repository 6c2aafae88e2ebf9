using Passpack.EndToEnd.Tests.Support;
using Passpack.LegacyVaults;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A real client process ends by SIGKILL at every step of a change of the Packing Key, and of a conversion.</summary>
public sealed class KeyKillTests(RealServer server) : IClassFixture<RealServer>
{
    private const string Old = Worker.PackingKey, New = Worker.NewPackingKey;

    [Fact]
    public async Task Killed_at_every_step_of_a_change_of_the_Packing_Key()
    {
        int step = 0, both = 0;
        bool killed;
        do
        {
            await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: Old);
            Machine machine = await account.MachineAsync("machine"), other = await account.MachineAsync("other");
            Guid id = machine.Add("entry", new EntryEdit { Password = "password" }).Id;
            await machine.SyncAsync();
            killed = await Worker.RunUntilAsync("packing key", account, machine, ++step);

            // Whichever holds online unlocks here, whatever the moment; and before it was settled, maybe the other one, too.
            string holds = await HoldsOnlineAsync(machine);
            bool old = Unlocks(account, machine, Old), now = Unlocks(account, machine, New);
            Assert.True(holds == New ? now : old);
            Assert.True(killed || (now && !old));
            both += old && now ? 1 : 0;

            // The next sync settles it, on whichever of the two the account was unlocked.
            SyncResult result = await machine.SyncAsync();
            Assert.Equal(old && now ? 1 : 0, result.Notices.Count);
            Assert.Equal((holds == Old, holds == New), (Unlocks(account, machine, Old), Unlocks(account, machine, New)));
            Assert.Equal("password", machine.Get(id).Secret.Password);
            Assert.Equal(Alignment.Aligned, machine.Vault.Describe().Alignment);
            Assert.Empty((await machine.SyncAsync()).Notices);

            // Another machine is told, or has nothing to be told.
            if (holds == Old)
            {
                await other.SyncAsync();
                continue;
            }
            PasspackException told = await Assert.ThrowsAsync<PasspackException>(() => other.SyncAsync());
            Assert.Equal(ErrorCodes.PackingKeyChangedOnline, told.ErrorId);
            Assert.Single(await RealAccount.UpdateAsync(other.Vault, New));
            await other.SyncAsync();
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps; after {both} of them either Packing Key unlocked.");
        Assert.InRange(step, 10, 30);
        Assert.InRange(both, 3, step);
    }

    [Fact]
    public async Task Killed_while_the_keys_are_replaced()
    {
        // Every third step, each run from another one on; the long run takes each.
        bool isLong = Environment.GetEnvironmentVariable("PASSPACK_LONG") is not null;
        int stride = isLong ? 1 : 3, step = isLong ? 0 : Random.Shared.Next(stride) + 1 - stride, kills = 0;
        var at = new Dictionary<string, int>();
        bool killed;
        do
        {
            await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: Old);
            Machine machine = await account.MachineAsync("machine"), other = await account.MachineAsync("other");
            Guid id = machine.Add("entry", new EntryEdit { Password = "password", Tags = ["tag"] }).Id, gone = machine.Add("gone").Id;
            await machine.SyncAsync();
            await other.SyncAsync();
            await OnlineVault.ApplyAsync(other.Vault, [new OnlineEdit { Id = gone, Delete = true }, new OnlineEdit { Id = id, Values = new EntryEdit { Favorite = true } }]);
            await machine.SyncAsync();
            Guid unsent = machine.Add("not sent yet", new EntryEdit { Password = "waits" }).Id;
            machine.Vault.Dispose();
            killed = await Worker.RunUntilAsync("new keys", account, machine, step += stride);
            kills += killed ? 1 : 0;

            // Whatever the moment, one of the two unlocks, and another attempt goes on.
            bool now = Unlocks(account, machine, New), old = Unlocks(account, machine, Old);
            string state = $"old {old}, new {now}";
            at[state] = at.GetValueOrDefault(state) + 1;
            Assert.True(old || now);
            using SecretBytes packingKey = RealAccount.Secret(now ? New : Old);
            using LocalVault vault = LocalVault.Unlock(machine.Home, account.UserId, packingKey);
            if (old)
                await Worker.ReplaceKeysAsync(vault, account.KeysAsText());
            else
                await VaultSync.RunAsync(vault, new SyncOptions());
            Assert.Equal((false, true), (Unlocks(account, machine, Old), Unlocks(account, machine, New)));
            Assert.Equal((2, "password", "waits"), (EpochOf(vault), vault.ReadSecret(id).Password, vault.ReadSecret(unsent).Password));

            // No pushed record is under an old epoch, and the other machine has all of it.
            Assert.All(await RecordsAsync(vault), record => Assert.Equal(2, ResealedRecord.EpochOf(record.Stream, record.Deleted, record.Body)));
            Assert.Single(await RealAccount.UpdateAsync(other.Vault, New));
            await other.SyncAsync();
            Assert.Equal(("password", "waits", false), (other.Get(id).Secret.Password, other.Get(unsent).Secret.Password, other.Has(gone)));
            Assert.True(other.Get(id).Summary.Favorite);
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {kills} of {step} steps: {string.Join(", ", at.Select(pair => $"{pair.Value} times {pair.Key}"))}.");
        Assert.InRange(step, 20, 90);
        Assert.Equal(3, at.Count);
    }

    private static int EpochOf(LocalVault vault)
    {
        using VaultUse use = vault.Use();
        return AccountRow.Load(use.Connection, use.Keys).Epoch;
    }

    private static async Task<IReadOnlyList<RecordChange>> RecordsAsync(LocalVault vault)
    {
        using SyncRun run = SyncRun.OpenReadOnly(vault);
        ChangePage page = await run.GetAsync(Routes.Changes, "?after=0", ChangePage.ReadAsync, CancellationToken.None);
        Assert.NotEmpty(page.Changes);
        return page.Changes;
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Killed_at_every_step_of_a_conversion(int packVersion)
    {
        int step = 0;
        bool killed;
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: Old);
        Machine machine = await account.MachineAsync("machine");
        Guid id = machine.Add("entry", new EntryEdit { Password = "password", Tags = ["tag"] }).Id;
        using SecretBytes packingKey = RealAccount.Secret(Old);
        do
        {
            LegacyVault.Make(machine.Home, account.UserId, packingKey, packVersion);
            killed = await Worker.RunUntilAsync("convert", account, machine, ++step);

            // Of the old version or of the new one, and the same Packing Key unlocks it.
            LocalAccountInfo info = machine.Vault.Describe();
            Assert.True(info.PackVersion == 7 || (killed && info.PackVersion == packVersion));
            Assert.Equal(info.PackVersion == 7 ? Alignment.Aligned : Alignment.ConversionNeeded, info.Alignment);
            using LocalVault vault = LocalVault.Unlock(machine.Home, account.UserId, packingKey);
            Assert.Equal(info.PackVersion == 7 ? 0 : 1, (await OnlineKeys.UpdateAsync(vault)).Count);
            Assert.Equal("password", vault.ReadSecret(id).Password);
            Assert.Equal(7, vault.Describe().PackVersion);
            Assert.True(vault.Describe().Backups.Count >= 1);
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step, 3, 12);
        await machine.SyncAsync();
    }

    private static async Task<string> HoldsOnlineAsync(Machine machine)
    {
        using VaultUse use = machine.Vault.Use();
        using OnlineClient client = SyncRun.Connect(AccountRow.Load(use.Connection), use.Keys);
        ServedKeys online = await ServedKeys.ReadAsync(client, CancellationToken.None);
        foreach (string text in new[] { Old, New })
        {
            using SecretBytes packingKey = RealAccount.Secret(text);
            try
            {
                KeyEnvelope.Open(EnvelopePurpose.AccountKey, online.Content.KeyEnvelope, packingKey).Dispose();
                return text;
            }
            catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
            {
            }
        }
        throw new InvalidOperationException("Neither Packing Key holds online.");
    }

    private static bool Unlocks(TestAccount account, Machine machine, string packingKey) => RealAccount.Unlocks(machine.Home, account.UserId, packingKey);
}
