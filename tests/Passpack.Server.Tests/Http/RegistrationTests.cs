using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class RegistrationTests
{
    [Fact]
    public async Task A_new_account_gets_its_token_and_keys_and_an_empty_vault()
    {
        await using TestServer server = await TestServer.StartAsync();
        RegisterRequest request = Make.Registration();
        LoginAnswer answer = await (await server.Http.RegisterAsync(request)).ReadAsync<LoginAnswer>(System.Net.HttpStatusCode.Created);
        Assert.Equal(32, answer.DeviceToken.Length);
        Assert.Equivalent(request.Keys, answer.Keys, strict: true);

        using var account = new DeviceClient(server.Http.BaseAddress!, request, answer.DeviceToken);
        ChangePage page = await account.ChangesAsync(0);
        Assert.Empty(page.Changes);
        Assert.Equal((0, 1), (page.Head!.Revision, page.Head.Generation));
        Assert.Equal(request.Manifest.Sealed, Assert.Single(page.Head.Manifests).Sealed);
    }

    [Fact]
    public async Task A_registration_larger_than_any_client_makes_is_refused_unread()
    {
        await using TestServer server = await TestServer.StartAsync();
        RegisterRequest sound = Make.Registration();
        await server.Http.RegisterAsync(sound with { Manifest = new ManifestLink(1, new byte[Limits.ManifestBytes + 1]) }).RequireAsync(413, ErrorCodes.RequestInvalid);
        await server.RegisterAsync(sound);
    }

    [Theory]
    [InlineData("anna@example.org")]
    [InlineData("  ANNA@Example.ORG ")]
    public async Task A_user_id_is_taken_however_it_is_written(string again)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient first = await server.RegisterAsync(Make.Registration("anna@example.org"));
        await server.Http.RegisterAsync(Make.Registration(again)).RequireAsync(409, ErrorCodes.AccountExists);
    }

    [Fact]
    public async Task Of_registrations_side_by_side_one_wins()
    {
        await using TestServer server = await TestServer.StartAsync();
        HttpResponseMessage[] answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => server.Http.RegisterAsync(Make.Registration())));
        Assert.Equal(1, answers.Count(answer => (int)answer.StatusCode == 201));
        Assert.Equal(7, answers.Count(answer => (int)answer.StatusCode == 409));
    }

    public static TheoryData<string, RegisterRequest> Faults()
    {
        RegisterRequest sound = Make.Registration();
        return new TheoryData<string, RegisterRequest>
        {
            { "userId", sound with { UserId = " " } },
            { "userId", sound with { UserId = new string('a', 321) } },
            { "loginSalt", sound with { LoginSalt = new byte[15] } },
            { "loginKdf", sound with { LoginKdf = "17.8" } },
            { "loginKdf", sound with { LoginKdf = "17.8.1\n" } },
            { "proof", sound with { Proof = new byte[33] } },
            { "keys.generation", sound with { Keys = sound.Keys with { Generation = 2 } } },
            { "keys.epoch", sound with { Keys = sound.Keys with { Epoch = 0 } } },
            { "keys.packVersion", sound with { Keys = sound.Keys with { PackVersion = -1 } } },
            { "keys.vaultId", sound with { Keys = sound.Keys with { VaultId = Guid.Empty } } },
            { "keys.keyEnvelope", sound with { Keys = sound.Keys with { KeyEnvelope = new string('a', 8193) } } },
            { "keys.mac", sound with { Keys = sound.Keys with { Mac = [] } } },
            { "manifest.generation", sound with { Manifest = Make.Manifest(2) } },
            { "manifest.sealed", sound with { Manifest = new ManifestLink(1, []) } },
            { "invitation", sound with { Invitation = new string('a', 501) } },
            { "challenge", sound with { Challenge = Make.Bytes(56) } },
            { "challenge", sound with { Challenge = Make.Bytes(1000) } },
            { "device.id", sound with { Device = new DeviceDescription(Guid.Empty, "x") } },
            { "device.name", sound with { Device = new DeviceDescription(Guid.NewGuid(), "") } },
            { "device.name", sound with { Device = new DeviceDescription(Guid.NewGuid(), "\u001b[2J") } },
            { "device.name", sound with { Device = new DeviceDescription(Guid.NewGuid(), new string('a', 201)) } },
        };
    }

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_is_refused_by_its_name(string member, RegisterRequest request)
    {
        await using TestServer server = await TestServer.StartAsync();
        Problem problem = await server.Http.PostAsJsonAsync(Routes.Accounts, request).RequireAsync(422, ErrorCodes.RequestInvalid);
        Assert.Contains(member, problem.Detail, StringComparison.Ordinal);
    }
}
