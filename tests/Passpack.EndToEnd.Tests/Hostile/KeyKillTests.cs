using Passpack.LegacyVaults;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
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
