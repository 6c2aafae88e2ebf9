using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>Key files and the machines that they connect.</summary>
public abstract partial class StoreContract
{
    private static readonly ManifestName s_first = Make.Head(1);

    private async Task<(VaultKey Anna, DeviceSession File)> KeyFileAsync(string userId = "anna")
    {
        VaultKey anna = await AddAsync(userId);
        return (anna, await KeyFileAsync(anna));
    }

    private async Task<DeviceSession> KeyFileAsync(VaultKey vault)
    {
        DeviceSignIn file = Device() with { Name = "key file" };
        Assert.Equal(ChangeOutcome.Done, await Store.AddKeyFileAsync(vault.Account, file, s_first, default));
        return (await Store.FindDeviceAsync(file.TokenHash, default))!;
    }

    private async Task<DeviceSignIn> MachineAsync(DeviceSession file, DateTimeOffset? at = null)
    {
        DeviceSignIn machine = Device() with { Now = at ?? Now };
        Assert.Equal(ChangeOutcome.Done, await Store.ConnectByKeyFileAsync(file, machine, s_first, default));
        return machine;
    }

    [Fact]
    public async Task A_key_file_and_its_machines_are_known_for_what_they_are()
    {
        (VaultKey anna, DeviceSession file) = await KeyFileAsync();
        Assert.Equal((TokenState.KeyFile, (Guid?)file.Device, anna.Account), (file.State, file.KeyFile, file.Account));
        DeviceSignIn machine = await MachineAsync(file, Now.AddDays(1));
        DeviceSession session = (await (await OtherNodeAsync()).FindDeviceAsync(machine.TokenHash, default))!;
        Assert.Equal((TokenState.Awake, (Guid?)file.Device, machine.Id), (session.State, session.KeyFile, session.Device));

        StoredDevice listed = Assert.Single(await Store.ListDevicesAsync(anna.Account, default), device => device.IsKeyFile);
        Assert.Equal((file.Device, "key file", 1, Now.AddDays(1)), (listed.Id, listed.Name, listed.Machines, listed.LastSeen));
        Assert.Equal(2, (await Store.ListDevicesAsync(anna.Account, default)).Count);
        Assert.Equal(2, Assert.Single(await Store.ListAccountsAsync(0, null, 10, Now, default)).Devices);
    }

    [Fact]
    public async Task A_repeat_adds_nothing_and_what_is_there_stays()
    {
        (VaultKey anna, DeviceSession file) = await KeyFileAsync();
        DeviceSignIn machine = await MachineAsync(file);
        Assert.Equal(ChangeOutcome.Repeated, await Store.ConnectByKeyFileAsync(file, machine, Make.Head(9), default));
        Assert.Equal(ChangeOutcome.Repeated, await Store.AddKeyFileAsync(anna.Account, new DeviceSignIn(file.Device, "x", file.TokenHash, Now), Make.Head(9), default));
        foreach (DeviceSignIn taken in new[] { machine with { TokenHash = Make.Bytes(32) }, machine with { Id = Guid.NewGuid() } })
        {
            Assert.Equal(ChangeOutcome.TokenTaken, await Store.ConnectByKeyFileAsync(file, taken, s_first, default));
            Assert.Equal(ChangeOutcome.TokenTaken, await Store.AddKeyFileAsync(anna.Account, taken, s_first, default));
        }

        DeviceSignIn login = Device();
        Assert.NotNull(await Store.SignInDeviceAsync(anna.Account, login, default));
        Assert.Equal(ChangeOutcome.TokenTaken, await Store.ConnectByKeyFileAsync(file, Device() with { TokenHash = login.TokenHash }, s_first, default));
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.ConnectByKeyFileAsync(file, Device(), Make.Head(2), default));
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.AddKeyFileAsync(anna.Account, Device(), Make.Head(2), default));
        Assert.Equal(1, (await Store.ListDevicesAsync(anna.Account, default)).Sum(device => device.Machines));
        Assert.Equal(
            [EventType.Registered, EventType.KeyFileAdded, EventType.KeyFileUsed, EventType.SignedIn], await TypesAsync(anna.Account));
    }

    [Fact]
    public async Task A_key_file_is_removed_with_its_machines_and_no_others()
    {
        (VaultKey anna, DeviceSession file) = await KeyFileAsync();
        DeviceSession other = await KeyFileAsync(anna);
        DeviceSignIn gone = await MachineAsync(file), stays = await MachineAsync(other);
        Assert.Equal(ChangeOutcome.Done, await Store.RemoveDeviceAsync(anna.Account, file.Device, s_first, Make.Act(), default));
        Assert.Null(await Store.FindDeviceAsync(gone.TokenHash, default));
        Assert.Null(await Store.FindDeviceAsync(file.TokenHash, default));
        Assert.Equal(ChangeOutcome.NotThere, await Store.ConnectByKeyFileAsync(file, Device(), s_first, default));
        Assert.NotNull(await Store.FindDeviceAsync(stays.TokenHash, default));
        Assert.Equal(ChangeOutcome.Done, await Store.RemoveDeviceAsync(anna.Account, stays.Id, s_first, Make.Act(), default));
        Assert.Equal(TokenState.KeyFile, (await Store.FindDeviceAsync(other.TokenHash, default))!.State);
    }

    [Fact]
    public async Task Many_machines_push_out_the_oldest_of_them_and_no_device()
    {
        (VaultKey anna, DeviceSession file) = await KeyFileAsync();
        DeviceSignIn first = await MachineAsync(file), second = await MachineAsync(file, Now.AddSeconds(1));
        for (int i = 2; i <= StoreRules.MostKeyFileMachines; i++)
            await MachineAsync(file, Now.AddSeconds(i));
        Assert.Null(await Store.FindDeviceAsync(first.TokenHash, default));
        Assert.NotNull(await Store.FindDeviceAsync(second.TokenHash, default));
        IReadOnlyList<StoredDevice> devices = await Store.ListDevicesAsync(anna.Account, default);
        Assert.Equal([(false, 0), (true, StoreRules.MostKeyFileMachines)], devices.Select(device => (device.IsKeyFile, device.Machines)).Order());
        // Beyond ten in an hour, a sum.
        Assert.Equal(10, (await TypesAsync(anna.Account)).Count(type => type == EventType.KeyFileUsed));
        OpenSum sum = Assert.Single(await OpenAsync(anna.Account), sum => sum.Type == (int)EventType.KeyFileUsed);
        Assert.Equal((file.Device, (long)StoreRules.MostKeyFileMachines + 1 - 10), (sum.Device!.Value, sum.Count));
    }
}
