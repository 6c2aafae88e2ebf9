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
        RegisterAnswer answer = await (await server.Http.RegisterAsync(request)).ReadAsync<RegisterAnswer>(System.Net.HttpStatusCode.Created);
        Assert.Equal(32, answer.DeviceToken.Length);

        using var account = new DeviceClient(server.Http.BaseAddress!, request, answer.DeviceToken);
        Assert.Equivalent(request.Keys, (await account.KeysAsync()).Keys, strict: true);
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
            { "keys.record of a new account is of generation 1", sound with { Keys = Make.Anna.Keys(2) } },
            { "keys.record is of generation 0", sound with { Keys = Make.Anna.Keys(0) } },
            { "keys.record is of epoch 0", sound with { Keys = Record(bytes => bytes[27] = 0) } },
            { "keys.record is of epoch 51", sound with { Keys = Record(bytes => bytes[27] = 51) } },
            { "keys.record is of epoch 2, with 0 earlier", sound with { Keys = Record(bytes => bytes[27] = 2) } },
            { "keys.record is of pack version 8", sound with { Keys = Record(bytes => bytes[7] = 8) } },
            { "keys.record has no generation, vault", sound with { Keys = Record(bytes => bytes.AsSpan(8, 16).Clear()) } },
            { "keys.record is not as long", sound with { Keys = Record(bytes => bytes[31]++) } },
            { "keys.record is not as long", sound with { Keys = Signed(content => content with { KeyEnvelope = new string('a', 8193) }) } },
            { "keys.record is not as long", sound with { Keys = sound.Keys with { Record = [.. sound.Keys.Record, 0] } } },
            { "keys.record is of pack version 0", sound with { Keys = sound.Keys with { Record = [] } } },
            { "keys.record has no generation, vault", sound with { Keys = Signed(content => content with { KeyEnvelope = "" }) } },
            { "keys.record has an identity that is of suite 2", sound with { Keys = OfIdentity(bytes => bytes[0] = 2) } },
            { "keys.record has an identity that has a User ID", sound with { Keys = OfIdentity(bytes => bytes[3] = 0xFF) } },
            { "keys.record has an identity that has a signing key", sound with { Keys = OfIdentity(bytes => bytes.AsSpan(^1248..^1216).Clear()) } },
            { "keys.record has an identity that has an ML-KEM", sound with { Keys = OfIdentity(bytes => bytes.AsSpan(^1216..^1213).Fill(0xFF)) } },
            { "keys.record has an identity that has an X25519", sound with { Keys = OfIdentity(bytes => bytes.AsSpan(^32..).Clear()) } },
            { "keys.record has an identity that has an X25519", sound with { Keys = OfIdentity(bytes => bytes[^1] |= 0x80) } },
            { "keys.record has an identity of another User ID", sound with { Keys = new Owner("berta", Make.Anna.Vault).Keys() } },
            { "keys.mac", sound with { Keys = sound.Keys with { Mac = [] } } },
            { "keys.signature", sound with { Keys = sound.Keys with { Signature = new byte[63] } } },
            { "manifest.generation", sound with { Manifest = Make.Manifest(2) } },
            { "manifest.sealed is no signed manifest", sound with { Manifest = new ManifestLink(1, []) } },
            { "manifest.sealed is no signed manifest", sound with { Manifest = new ManifestLink(1, [.. sound.Manifest.Sealed, 0]) } },
            { "manifest.sealed is no signed manifest", sound with { Manifest = new ManifestLink(1, WithLog(sound.Manifest.Sealed)) } },
            { "manifest.sealed is of generation 2, not 1", sound with { Manifest = Make.Manifest(2) with { Generation = 1 } } },
            { "manifest.sealed is of epoch 2, and the key record of 1", sound with { Manifest = Make.Anna.Next().Manifest(1) } },
            { "manifest.sealed is of another vault", sound with { Manifest = Of(header => header with { VaultId = Guid.NewGuid() }) } },
            { "manifest.sealed is of another vault", sound with { Manifest = Of(header => header with { RecordId = Guid.NewGuid() }) } },
            { "manifest.sealed does not begin", sound with { Manifest = Of(header => header with { Part = RecordPart.Whole }) } },
            { "manifest.sealed does not begin", sound with { Manifest = Of(header => header with { Stream = RecordStream.Data }) } },
            { "invitation", sound with { Invitation = new string('a', 501) } },
            { "challenge", sound with { Challenge = Make.Bytes(56) } },
            { "challenge", sound with { Challenge = Make.Bytes(1000) } },
            { "device.id", sound with { Device = new DeviceDescription(Guid.Empty, "x") } },
            { "device.name", sound with { Device = new DeviceDescription(Guid.NewGuid(), "") } },
            { "device.name", sound with { Device = new DeviceDescription(Guid.NewGuid(), "\u001b[2J") } },
            { "device.name", sound with { Device = new DeviceDescription(Guid.NewGuid(), new string('a', 201)) } },
        };
    }

    private static KeyRecord Signed(Func<KeyRecordContent, KeyRecordContent> spoil) => Make.Anna.Signed(spoil(Make.Anna.Content()));

    private static KeyRecord Record(Action<byte[]> spoil)
    {
        byte[] bytes = Make.Anna.Content().ToBytes();
        spoil(bytes);
        var keys = new KeyRecord(bytes, new byte[32], []);
        return keys with { Signature = Make.Anna.Sign(SignaturePurpose.KeyRecord, keys.SignedMessage()) };
    }

    private static KeyRecord OfIdentity(Action<byte[]> spoil) => Record(bytes =>
    {
        byte[] identity = Make.Anna.Identity.Bytes.ToArray();
        int at = bytes.AsSpan().IndexOf(identity);
        spoil(identity);
        identity.CopyTo(bytes, at);
    });

    private static ManifestLink Of(Func<RecordHeader, RecordHeader> spoil) => Make.Anna.Manifest(
        spoil(new RecordHeader(Make.Anna.Vault, 1, RecordStream.None, RecordPart.Manifest, Make.Anna.Vault, 1)), 1);

    // The byte that says that a log's head follows, which only shared vaults have.
    private static byte[] WithLog(byte[] manifest)
    {
        byte[] altered = [.. manifest];
        altered[^65] = 1;
        return altered;
    }

    [Fact]
    public async Task What_the_identity_in_the_key_record_did_not_sign_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        RegisterRequest sound = Make.Registration();
        Owner other = new(Make.Anna.UserId, Guid.NewGuid());
        byte[] elsewhere = Make.Anna.Sign(SignaturePurpose.Manifest, sound.Keys.SignedMessage());
        foreach ((string named, RegisterRequest request) in new[]
        {
            ("keys.signature", sound with { Keys = sound.Keys with { Signature = new byte[64] } }),
            ("keys.signature", sound with { Keys = sound.Keys with { Signature = elsewhere } }),
            ("keys.signature", sound with { Keys = sound.Keys with { Mac = new byte[32] } }),
            ("keys.signature", sound with { Keys = sound.Keys with { Signature = other.Sign(SignaturePurpose.KeyRecord, sound.Keys.SignedMessage()) } }),
            ("manifest.sealed", sound with { Manifest = other.Manifest(new RecordHeader(Make.Anna.Vault, 1, RecordStream.None, RecordPart.Manifest, Make.Anna.Vault, 1), 1) }),
            ("manifest.sealed", sound with { Manifest = sound.Manifest with { Sealed = [.. sound.Manifest.Sealed[..^1], 0] } }),
        })
        {
            Problem problem = await server.Http.RegisterAsync(request).RequireAsync(403, ErrorCodes.SignatureInvalid);
            Assert.Contains(named, problem.Detail, StringComparison.Ordinal);
        }

        (await server.RegisterAsync(sound)).Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public async Task An_account_may_begin_at_any_epoch(int epoch)
    {
        await using TestServer server = await TestServer.StartAsync();
        Owner owner = new(Make.Anna.UserId, Make.Anna.Vault, epoch);
        using DeviceClient account = await server.RegisterAsync(Make.Registration(owner));
        account.Owner = owner;
        await account.PushNextAsync(Make.Records(1));
        Assert.Null((await account.KeysAsync()).Succession);
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
