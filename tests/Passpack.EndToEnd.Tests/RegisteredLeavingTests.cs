using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>Out of an online account, and into others, with Password and Packing Key as users do it.</summary>
public sealed class RegisteredLeavingTests(RealServer server) : IClassFixture<RealServer>, IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"passpack-leaving-{Guid.NewGuid():N}");
    private readonly string _userId = $"user-{Guid.NewGuid():N}";
    private readonly SecretBytes _password = RealAccount.Secret("the password");
    private readonly SecretBytes _packingKey = RealAccount.Secret("the packing key");
    private readonly SecretBytes _wrong = RealAccount.Secret("another packing key");

    /// <summary>The machine that goes from one online account to the next.</summary>
    private DataFolder Here => new(Path.Combine(_root, "here"));

    private DataFolder Other => new(Path.Combine(_root, "other"));

    private DataFolder Third => new(Path.Combine(_root, "third"));

    public void Dispose()
    {
        _password.Dispose();
        _packingKey.Dispose();
        _wrong.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task The_whole_way_with_Password_and_Packing_Key()
    {
        (Guid id, string entries) = await UseAndRemoveAsync();
        await JoinUnderOtherKeysAsync(id, entries);
        await JoinWithAMirrorAsync(entries);
        await StartAnewAsync(entries);
    }

    private async Task<(Guid Id, string Entries)> UseAndRemoveAsync()
    {
        Guid id;
        string entries;
        using (LocalVault vault = await RegisterAsync(Here))
        {
            var machine = new Machine("real", Here, vault);
            id = machine.Add("entry", new EntryEdit { Password = "secret", Tags = ["tag"] }).Id;
            await machine.SyncAsync();

            // The wrong one removes nothing, and does not cost this machine its link.
            await TwoMachineTests.RequireAsync(ErrorCodes.PackingKeyMismatch, () => RemoveAsync(Here, _password, _wrong));
            await TwoMachineTests.RequireAsync(ErrorCodes.PasswordRejected, () => RemoveAsync(Here, _wrong, _packingKey));
            Assert.Single(await Devices.ListAsync(vault));

            entries = LeavingTests.Show(machine);
            await RemoveAsync(Here, _password, _packingKey);
            Assert.Equal(entries, LeavingTests.Show(machine));
            await TwoMachineTests.RequireAsync(ErrorCodes.NotConnected, () => machine.SyncAsync());
        }
        await TwoMachineTests.RequireAsync(ErrorCodes.PasswordRejected, () => RemoveAsync(Here, _password, _packingKey));
        return (id, entries);
    }

    /// <summary>Another machine takes the User ID; the one that was left joins it, under other keys.</summary>
    private async Task JoinUnderOtherKeysAsync(Guid id, string entries)
    {
        await TakeUserIdAsync(Other);
        using LocalVault vault = await ConnectAsync(Here);
        var machine = new Machine("real", Here, vault);
        Assert.Equal(entries, LeavingTests.Show(machine));
        await machine.SyncAsync();
        await Disconnecting.DisconnectAsync(vault);
        Assert.True(machine.Has(id));
    }

    /// <summary>Disconnected, with a mirror: it joins another one just the same.</summary>
    private async Task JoinWithAMirrorAsync(string entries)
    {
        await RemoveAsync(Other, _password, _packingKey);
        await TakeUserIdAsync(Third);
        using LocalVault vault = await ConnectAsync(Here);
        await AssertPushedAsync(vault, entries);
        await Disconnecting.DisconnectAsync(vault);
    }

    private async Task StartAnewAsync(string entries)
    {
        await RemoveAsync(Third, _password, _packingKey);
        using LocalVault vault = await RegisterAsync(Here);
        await AssertPushedAsync(vault, entries);
    }

    private async Task TakeUserIdAsync(DataFolder home)
    {
        using LocalVault vault = await RegisterAsync(home);
        await new Machine("another", home, vault).SyncAsync();
    }

    private async Task AssertPushedAsync(LocalVault vault, string entries)
    {
        var machine = new Machine("real", Here, vault);
        Assert.Equal(SyncAction.Pushed, Assert.Single((await machine.SyncAsync()).Changes).Action);
        Assert.Equal(entries, LeavingTests.Show(machine));
    }

    private Task<LocalVault> RegisterAsync(DataFolder home) => Registration.RegisterAsync(new(home, server.Address, _userId, _password, _packingKey));

    private Task<LocalVault> ConnectAsync(DataFolder home) => Connecting.ConnectAsync(new(home, server.Address, _userId, _password, _packingKey));

    private Task RemoveAsync(DataFolder home, SecretBytes password, SecretBytes packingKey) =>
        AccountRemoval.RemoveAsync(new(home, server.Address, _userId, password, packingKey));
}
