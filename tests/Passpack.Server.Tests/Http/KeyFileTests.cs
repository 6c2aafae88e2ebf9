using System.Net.Http.Json;
using Microsoft.AspNetCore.Routing;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Tokens of key files, and of the machines that they connect.</summary>
public sealed class KeyFileTests
{
    private static async Task<IReadOnlyList<DeviceSummary>> ListAsync(DeviceClient account) =>
        (await (await account.Http.GetAsync(Routes.Devices)).ReadAsync<DeviceList>()).Devices;

    private static async Task<DeviceClient> MakeAsync(DeviceClient account, string name = "key file")
    {
        DeviceDescription file = Make.Device(name);
        byte[] token = Make.Bytes(32);
        AddKeyFileRequest request = account.Owner.KeyFile(await account.HeadAsync(), file, token);
        Assert.Equal(204, (int)(await account.Http.PostAsJsonAsync(Routes.KeyFiles, request)).StatusCode);
        // Again, as when the answer was lost.
        Assert.Equal(204, (int)(await account.Http.PostAsJsonAsync(Routes.KeyFiles, request)).StatusCode);
        return new DeviceClient(account.Http.BaseAddress!, account.Registration, token, file) { Owner = account.Owner };
    }

    private static async Task<DeviceClient> ConnectAsync(DeviceClient file)
    {
        DeviceDescription machine = Make.Device("container");
        byte[] token = Make.Bytes(32);
        ConnectByKeyFileRequest request = file.Owner.ByKeyFile(await file.HeadAsync(), machine, token);
        Assert.Equal(204, (int)(await file.Http.PostAsJsonAsync(Routes.KeyFileConnections, request)).StatusCode);
        Assert.Equal(204, (int)(await file.Http.PostAsJsonAsync(Routes.KeyFileConnections, request)).StatusCode);
        return new DeviceClient(file.Http.BaseAddress!, file.Registration, token, machine) { Owner = file.Owner };
    }

    [Fact]
    public async Task A_key_file_connects_machines_that_are_one_device()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), file = await MakeAsync(account), one = await ConnectAsync(file), two = await ConnectAsync(file);
        await one.PushNextAsync(Make.Record(Guid.NewGuid()));
        server.Time.Advance(TimeSpan.FromHours(1));
        await two.ChangesAsync(0);

        DeviceSummary listed = Assert.Single(await ListAsync(account), device => device.KeyFile);
        Assert.Equal((file.Device.Id, "key file", 2, false, server.Time.GetUtcNow()), (listed.Id, listed.Name, listed.Machines, listed.Current, listed.LastSeen));
        Assert.Equal(2, (await ListAsync(account)).Count);
        Assert.True(Assert.Single(await ListAsync(two), device => device.KeyFile).Current);

        EventPage log = await (await account.Http.GetAsync(Routes.Events)).ReadAsync<EventPage>();
        Assert.Equal([EventType.Registered, EventType.KeyFileAdded, EventType.KeyFileUsed, EventType.KeyFileUsed], log.Events.Select(row => (EventType)row.Type));
        Assert.All(log.Events.Skip(1), row => Assert.Equal(file.Device.Id, row.Device));
        Assert.Equal(file.Device.Id, Assert.Single(log.Open, sum => sum.Type == (int)EventType.Pushed).Device);
    }

    [Fact]
    public async Task With_the_key_file_go_its_machines()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), file = await MakeAsync(account), other = await MakeAsync(account),
            one = await ConnectAsync(file), stays = await ConnectAsync(other);
        RemoveDeviceRequest removal = account.Owner.DeviceRemoval(file.Device.Id, await account.HeadAsync());
        Assert.Equal(204, (int)(await account.Http.PostAsJsonAsync(Routes.OfDevice(file.Device.Id), removal)).StatusCode);
        foreach (DeviceClient gone in new[] { file, one })
            await gone.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        await stays.ChangesAsync(0);
        // A machine can leave by itself, and its key file stays.
        RemoveDeviceRequest own = account.Owner.DeviceRemoval(stays.Device.Id, await account.HeadAsync());
        Assert.Equal(204, (int)(await stays.Http.PostAsJsonAsync(Routes.OfDevice(stays.Device.Id), own)).StatusCode);
        Assert.Equal(0, Assert.Single(await ListAsync(account), device => device.KeyFile).Machines);
    }

    [Fact]
    public async Task Neither_its_token_nor_a_machines_does_what_is_for_people()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), file = await MakeAsync(account), machine = await ConnectAsync(file);
        ManifestName head = await account.HeadAsync();
        byte[] token = Make.Bytes(32);
        // The signatures are right: whoever has the file has the keys.
        (string Path, object Body, bool ByMachine)[] refused =
        [
            (Routes.KeyFiles, account.Owner.KeyFile(head, Make.Device(), token), true),
            (Routes.AccountRemoval, account.Owner.Removal(head), true),
            (Routes.OfDevice(account.Device.Id), account.Owner.DeviceRemoval(account.Device.Id, head), true),
            (Routes.OfDevice(file.Device.Id), account.Owner.DeviceRemoval(file.Device.Id, head), true),
            (account.Path(Routes.Purge), account.Owner.Purge(1, head), true),
            (Routes.KeyFileConnections, account.Owner.ByKeyFile(head, Make.Device(), token), true),
            (Routes.Wake, account.Owner.Wake(head, file.Device.Id, token), false),
            (account.Path(Routes.Records), new RecordsRequest([]), false),
        ];
        foreach ((string path, object body, bool byMachine) in refused)
            await (byMachine ? machine : file).Http.PostAsJsonAsync(path, body).RequireAsync(403, ErrorCodes.NotForKeyFile);
        await file.Http.GetAsync(account.Path(Routes.Changes)).RequireAsync(403, ErrorCodes.NotForKeyFile);
        await account.Http.PostAsJsonAsync(Routes.KeyFileConnections, account.Owner.ByKeyFile(head, Make.Device(), token))
            .RequireAsync(403, ErrorCodes.NotForKeyFile);
        Assert.Equal(2, (await ListAsync(account)).Count);
    }

    // A route that is added has to be looked at here: by default it is closed to machines of key files.
    [Fact]
    public async Task What_they_may_is_a_list_that_is_read_when_it_changes()
    {
        await using TestServer server = await TestServer.StartAsync();
        ILookup<bool, string> routes = server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<Devices.TakesKeyFileMachines>() is not null || endpoint.Metadata.GetMetadata<Devices.TakesKeyFiles>() is not null)
            .ToLookup(endpoint => endpoint.Metadata.GetMetadata<Devices.TakesKeyFiles>() is not null, endpoint => endpoint.RoutePattern.RawText!);
        Assert.Equal([Routes.KeyFileConnections, Routes.KeyRecord], routes[true].Order());
        string vault = Routes.Vaults + "/{vaultId:guid}/";
        Assert.Equal(
            new[]
            {
                Routes.Devices, Routes.Wake, Routes.Devices + "/{id:guid}/removal", Routes.Events, vault + Routes.Changes, vault + Routes.Manifests,
                vault + Routes.Records, vault + Routes.Versions, vault + Routes.Pushes, vault + Routes.LogStatements,
                Routes.VaultInvitations, $"{Routes.VaultInvitations}/{{id:guid}}/{Routes.Inviter}", $"{Routes.VaultInvitations}/{{id:guid}}/{Routes.Answer}",
            }.Order(),
            routes[false].Order());
    }

    [Fact]
    public async Task What_is_there_is_never_taken_over()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), file = await MakeAsync(account);
        ManifestName head = await account.HeadAsync();
        byte[] token = Make.Bytes(32);
        await account.Http.PostAsJsonAsync(Routes.KeyFiles, account.Owner.KeyFile(head, account.Device, token)).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.Http.PostAsJsonAsync(Routes.KeyFiles, account.Owner.KeyFile(head, Make.Device(), account.Token)).RequireAsync(422, ErrorCodes.RequestInvalid);
        await file.Http.PostAsJsonAsync(Routes.KeyFileConnections, account.Owner.ByKeyFile(head, account.Device, token)).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.PushNextAsync(Make.Record(Guid.NewGuid()));
        await file.Http.PostAsJsonAsync(Routes.KeyFileConnections, account.Owner.ByKeyFile(head, Make.Device(), token)).RequireAsync(409, ErrorCodes.RevisionConflict);
        await file.Http.PostAsJsonAsync(Routes.KeyFileConnections, account.Owner.ByKeyFile(await account.HeadAsync(), Make.Device(), token) with { TokenHash = [1] })
            .RequireAsync(422, ErrorCodes.RequestInvalid);
        Assert.Equal(0, Assert.Single(await ListAsync(account), device => device.KeyFile).Machines);
    }

    [Fact]
    public async Task With_other_keys_it_connects_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), file = await MakeAsync(account), machine = await ConnectAsync(file);
        await account.ReplaceKeysAsync();
        await machine.Http.GetAsync(account.Path(Routes.Changes)).RequireAsync(403, ErrorCodes.KeysReplacedOnline);
        ManifestName head = await file.HeadAsync();
        await file.Http.PostAsJsonAsync(Routes.KeyFileConnections, file.Owner.ByKeyFile(head, Make.Device(), Make.Bytes(32)))
            .RequireAsync(403, ErrorCodes.SignatureInvalid);
        Assert.True(Assert.Single(await ListAsync(account), device => device.KeyFile).Asleep);
    }
}
