using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Keys that are replaced by those of the next epoch.</summary>
public sealed class SuccessionTests
{
    [Fact]
    public async Task The_next_epoch_begins_with_its_first_manifest_and_everybody_else_sleeps()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), other = await server.SignInAsync(account);
        RecordChange record = Make.Record(Guid.NewGuid());
        await account.PushNextAsync(record);
        Owner old = account.Owner;
        ManifestName last = await account.HeadAsync();
        byte[] oldToken = account.Token;
        await account.ReplaceKeysAsync();

        // Everything out of one answer, which a machine of before verifies under its own identity.
        KeysAnswer keys = await other.KeysAsync();
        Assert.True(KeyRecordContent.TryRead(keys.Keys.Record, out KeyRecordContent? content, out _));
        Assert.Equal((2, 2), (content.Generation, content.Epoch));
        Assert.Equal(account.Owner.Identity.Fingerprint, content.Identity.Fingerprint);
        Assert.Equal(keys.Keys.Record, keys.Succession!.Record);
        Assert.True(last.IsSame(keys.Succession.Head));
        Assert.Equal(keys.Head.Hash, keys.Succession.FirstManifest);
        byte[] statement = Statements.Succession(old.Vault, last, content, keys.Head.Hash);
        Assert.True(Signatures.Verify(old.Identity, SignaturePurpose.Succession, statement, keys.Succession.Signature));

        // It counts as a push of no records.
        (List<RecordChange> changes, VaultHead head, _) = await account.PullAsync(0);
        Assert.Equal((2, 3, 2), (head.Revision, head.Generation, head.KeyGeneration));
        Assert.Equivalent(record, Assert.Single(changes), strict: true);

        await other.Http.GetAsync(other.Path(Routes.Changes)).RequireAsync(403, ErrorCodes.KeysReplacedOnline);
        await other.SendPushAsync(old.Push(2, last, [])).RequireAsync(403, ErrorCodes.KeysReplacedOnline);
        DeviceList devices = await (await account.Http.GetAsync(Routes.Devices)).ReadAsync<DeviceList>();
        Assert.Equal([false, true], devices.Devices.OrderBy(device => device.Asleep).Select(device => device.Asleep));
        Assert.Equal(other.Device.Id, Assert.Single(devices.Devices, device => device.Asleep).Id);
        using var before = new DeviceClient(server.Http.BaseAddress!, account.Registration, oldToken);
        await before.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);

        // The old identity wakes nobody, the new one does.
        await other.Http.PostAsJsonAsync(Routes.Wake, old.Wake(keys.Head, other.Device.Id, Make.Bytes(32))).RequireAsync(403, ErrorCodes.SignatureInvalid);
        other.Owner = account.Owner;
        await other.WakeAsync();
        await other.PushNextAsync(Make.Records(1));
    }

    [Fact]
    public async Task Under_the_next_epoch_nothing_of_the_one_before_is_taken()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        Owner old = account.Owner;
        await account.ReplaceKeysAsync();
        ManifestName head = await account.HeadAsync();
        PushRequest sound = account.Owner.Push(1, head, [account.Owner.Record(Guid.NewGuid())]);
        await account.SendPushAsync(old.Push(1, head, [old.Record(Guid.NewGuid())])).RequireAsync(403, ErrorCodes.SignatureInvalid);
        Problem problem = await account.SendPushAsync(account.Owner.Signed(sound with { Records = [old.Record(Guid.NewGuid())] })).RequireAsync(422, ErrorCodes.RequestInvalid);
        Assert.Contains("epoch 1, and 2 is in force", problem.Detail, StringComparison.Ordinal);
        ManifestLink stale = account.Owner.Manifest(new RecordHeader(old.Vault, 1, RecordStream.None, RecordPart.Manifest, old.Vault, head.Generation + 1), head.Generation + 1);
        await account.SendPushAsync(account.Owner.Signed(sound with { Manifest = stale })).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.Http.PostAsJsonAsync(Routes.AccountRemoval, old.Removal(head)).RequireAsync(403, ErrorCodes.SignatureInvalid);
        // A stream that this version does not know may stay under the epoch before, but not be of a later one.
        await account.SendPushAsync(account.Owner.Signed(sound with { Records = [account.Owner.Next().Record(Guid.NewGuid(), stream: 200)] })).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.PushAsync(account.Owner.Signed(sound with { Records = [old.Record(Guid.NewGuid(), stream: 200), .. sound.Records] }));
    }

    [Fact]
    public async Task A_repeat_gets_the_same_answer_and_so_does_a_push_of_before()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        PushRequest push = Make.Push(0, Make.Records(2));
        PushAnswer first = await account.PushAsync(push) with { Log = null };
        KeysAnswer before = await account.KeysAsync();
        byte[] token = Make.Bytes(32);
        ReplaceKeysRequest request = account.Owner.Replacement(2, before.Head, account.Device.Id, token, account.Registration.Proof);
        Assert.Equal(204, (int)(await account.Http.PutAsJsonAsync(Routes.KeyRecord, request)).StatusCode);
        await account.Http.PutAsJsonAsync(Routes.KeyRecord, request).RequireAsync(401, ErrorCodes.DeviceRevoked);
        (account.Token, account.Owner) = (token, account.Owner.Next());
        string sound = DatabaseDump.Of(server);
        Assert.Equal(204, (int)(await account.Http.PutAsJsonAsync(Routes.KeyRecord, request)).StatusCode);
        Assert.Equal(first, await account.PushAsync(push) with { Log = null });
        Assert.Equal(sound, DatabaseDump.Of(server));
    }

    [Fact]
    public async Task A_new_Packing_Key_after_it_leaves_the_succession_and_who_is_awake()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.ReplaceKeysAsync();
        KeysAnswer before = await account.KeysAsync();
        KeyRecord third = account.Owner.Keys(3);
        HttpResponseMessage answer = await account.Http.PutAsJsonAsync(Routes.KeyRecord, new ReplaceKeysRequest(third, account.Registration.Proof));
        Assert.Equal(204, (int)answer.StatusCode);
        Assert.Equivalent(before with { Keys = third }, await account.KeysAsync(), strict: true);
        Assert.Equal(3, (await account.ChangesAsync(0)).Head!.KeyGeneration);

        await account.PushNextAsync(Make.Records(1));
        ManifestName last = await account.HeadAsync();
        Owner second = account.Owner;
        HttpResponseMessage next = await account.Http.PutAsJsonAsync(
            Routes.KeyRecord, second.Replacement(4, last, account.Device.Id, Make.Bytes(32), account.Registration.Proof));
        Assert.Equal(204, (int)next.StatusCode);
        using DeviceClient again = await server.LogInAsync(account);
        Assert.True(last.IsSame((await again.KeysAsync()).Succession!.Head));
    }

    [Fact]
    public async Task Of_two_replacements_at_once_one_wins_and_the_other_device_sleeps()
    {
        await using TestServer server = await TestServer.StartAsync(), secondNode = await TestServer.StartAsync(folder: server.Folder);
        using DeviceClient account = await server.RegisterAsync();
        for (int round = 1; round <= 4; round++)
        {
            DeviceClient[] devices = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(i => (i % 2 == 0 ? server : secondNode).SignInAsync(account)))];
            byte[][] tokens = [.. devices.Select(_ => Make.Bytes(32))];
            HttpResponseMessage[] answers = await Task.WhenAll(devices.Select((device, i) => device.SendReplacementAsync(tokens[i])));
            int winner = Assert.Single(Enumerable.Range(0, 4), i => (int)answers[i].StatusCode == 204);
            account.Owner = account.Owner.Next();
            for (int i = 0; i < 4; i++)
            {
                if (i != winner)
                {
                    // By where it was met: asleep already, or behind.
                    Assert.True((int)answers[i].StatusCode is 403 or 409);
                    await devices[i].Http.GetAsync(Routes.Devices).RequireAsync(403, ErrorCodes.KeysReplacedOnline);
                }
            }

            (account.Token, devices[winner].Token) = (tokens[winner], tokens[winner]);
            Assert.Equal((round, round + 1, round + 1), await WhereAsync(account));
            foreach (DeviceClient device in devices)
                device.Dispose();
        }
    }

    private static async Task<(long, long, int)> WhereAsync(DeviceClient account)
    {
        VaultHead head = (await account.ChangesAsync(0)).Head!;
        return (head.Revision, head.Generation, head.KeyGeneration);
    }

    [Fact]
    public async Task A_push_and_a_replacement_at_once_never_mix_their_epochs()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), other = await server.SignInAsync(account);
        for (int round = 0; round < 4; round++)
        {
            PushRequest push = await other.NextAsync(null, Make.Records(3));
            byte[] token = Make.Bytes(32);
            Task<HttpResponseMessage> pushing = other.SendPushAsync(push), replacing = account.SendReplacementAsync(token);
            HttpResponseMessage pushed = await pushing, replaced = await replacing;
            if ((int)replaced.StatusCode == 204)
                (account.Token, account.Owner) = (token, account.Owner.Next());
            else
                await replaced.RequireAsync(409, ErrorCodes.RevisionConflict);
            Assert.True((int)pushed.StatusCode is 200 or 403 or 409 && ((int)pushed.StatusCode == 200 || (int)replaced.StatusCode == 204));
            other.Owner = account.Owner;
            if ((int)replaced.StatusCode == 204)
                await other.WakeAsync();

            // Epochs of the chain never fall, and each new one begins with a manifest.
            ManifestPage chain = await (await account.Http.GetAsync(account.Path(Routes.Manifests))).ReadAsync<ManifestPage>();
            int[] epochs = [.. chain.Manifests.Select(link => RecordHeader.TryRead(SignedManifest.Read(link.Sealed)!.SealedPart, out RecordHeader header) ? header.Epoch : 0)];
            Assert.Equal(epochs.Order(), epochs);
            Assert.Equal(account.Owner.Epoch, epochs[^1]);
        }
    }

    /// <summary>The device that asks.</summary>
    public sealed record Asking(Guid Device, byte[] Token, byte[] Proof);

    public static TheoryData<int, string, string, Func<ReplaceKeysRequest, ManifestName, Asking, ReplaceKeysRequest>> Faults()
    {
        Owner old = Make.Anna, next = old.Next(), other = new(old.UserId, Guid.NewGuid(), 2);
        const string signature = ErrorCodes.SignatureInvalid, invalid = ErrorCodes.RequestInvalid;
        ReplaceKeysRequest Of(KeyRecordContent content, ManifestName head, Asking device, ManifestLink? first = null) =>
            old.Replacement(next, next.Signed(content), first ?? next.Manifest(head.Generation + 1), head, device.Device, Make.Bytes(32), device.Proof);
        static ReplaceKeysRequest With(ReplaceKeysRequest request, Func<SuccessorRequest, SuccessorRequest> spoil) => request with { Successor = spoil(request.Successor!) };
        return new()
        {
            { 403, signature, "keys.signature", (request, _, _) => request with { Keys = request.Keys with { Mac = new byte[32] } } },
            { 403, signature, "successor.signature", (request, _, _) => With(request, successor => successor with { Signature = new byte[64] }) },
            { 403, signature, "successor.signature", (request, _, _) => With(request, successor => successor with { Head = Make.Head(7) }) },
            { 403, signature, "successor.signature", (request, _, _) => request with { Keys = next.Signed(next.Content(2) with { KeyEnvelope = "7#another" }) } },
            { 403, signature, "successor.signature", (request, head, _) => With(request, successor => successor with { Manifest = next.Manifest(head.Generation + 1, 500) }) },
            { 403, signature, "successor.manifest", (_, head, device) => Of(next.Content(2), head, device, old.Manifest(head.Generation + 1)) },
            { 403, signature, "successor.wake.signature", (request, _, _) => With(request, successor => successor with { Wake = successor.Wake with { TokenHash = new byte[32] } }) },
            { 403, signature, "successor.wake.signature", (request, _, device) => With(request, successor => successor with
                { Wake = old.Wake(successor.Wake.Head, device.Device, Make.Bytes(32)) }) },
            { 403, signature, "successor.wake.signature", (request, _, _) => With(request, successor => successor with
                { Wake = next.Wake(successor.Wake.Head, Guid.NewGuid(), Make.Bytes(32)) }) },
            { 409, ErrorCodes.RevisionConflict, "head", (_, head, device) => old.Replacement(2, Make.Head(1) with { Generation = head.Generation + 1 }, device.Device, Make.Bytes(32), device.Proof) },
            { 409, ErrorCodes.KeyGenerationConflict, "generation 1", (_, head, device) => Of(next.Content(3), head, device) },
            { 422, invalid, "another vault", (_, head, device) => Of(other.Content(2), head, device) with { Keys = other.Keys(2) } },
            { 422, invalid, "epoch 1 with a successor", (_, head, device) => Of(next.Content(2) with { Epoch = 1, EarlierKeys = [] }, head, device) },
            { 422, invalid, "epoch 3 with a successor", (_, head, device) => Of(next.Content(2) with { Epoch = 3, EarlierKeys = next.Next().Content().EarlierKeys }, head, device) },
            { 422, invalid, "epoch 2 without a successor", (request, _, _) => request with { Successor = null } },
            { 422, invalid, "successor.manifest.generation", (_, head, device) => Of(next.Content(2), head, device, next.Manifest(head.Generation + 2)) },
            { 422, invalid, "successor.manifest.sealed is of epoch 1", (_, head, device) => Of(next.Content(2), head, device, next.Manifest(
                new RecordHeader(old.Vault, 1, RecordStream.None, RecordPart.Manifest, old.Vault, head.Generation + 1), head.Generation + 1)) },
            { 422, invalid, "successor.manifest.sealed is no signed", (request, _, _) => With(request, successor => successor with { Manifest = new ManifestLink(3, [1]) }) },
            { 422, invalid, "successor.wake.head", (request, head, device) => With(request, successor => successor with { Wake = next.Wake(head, device.Device, Make.Bytes(32)) }) },
            { 422, invalid, "successor.wake.tokenHash", (request, _, _) => With(request, successor => successor with { Wake = successor.Wake with { TokenHash = [1] } }) },
            { 422, invalid, "successor.head.hash", (request, _, _) => With(request, successor => successor with { Head = new ManifestName(2, [1]) }) },
            { 422, invalid, "successor.head.generation", (request, _, _) => With(request, successor => successor with { Head = new ManifestName(0, new byte[32]) }) },
            { 422, invalid, "successor.wake.signature", (request, _, _) => With(request, successor => successor with { Wake = successor.Wake with { Signature = [1] } }) },
            { 422, invalid, "tokenHash is that of a token", (_, head, device) => old.Replacement(2, head, device.Device, device.Token, device.Proof) },
            { 401, ErrorCodes.PasswordRejected, "", (request, _, _) => request with { Proof = new byte[32] } },
        };
    }

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task What_is_no_succession_is_refused_and_changes_nothing(
        int status, string code, string named, Func<ReplaceKeysRequest, ManifestName, Asking, ReplaceKeysRequest> spoil)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.PushNextAsync(Make.Records(1));
        ManifestName head = await account.HeadAsync();
        ReplaceKeysRequest sound = account.Owner.Replacement(2, head, account.Device.Id, Make.Bytes(32), account.Registration.Proof);
        string before = DatabaseDump.Of(server);
        Problem problem = await account.Http.PutAsJsonAsync(Routes.KeyRecord, spoil(sound, head, new Asking(account.Device.Id, account.Token, account.Registration.Proof))).RequireAsync(status, code);
        Assert.Contains(named, problem.Detail ?? "", StringComparison.Ordinal);
        Assert.Equal(before, DatabaseDump.Of(server));
        Assert.Equal(204, (int)(await account.Http.PutAsJsonAsync(Routes.KeyRecord, sound)).StatusCode);
    }

    [Fact]
    public async Task Earlier_keys_and_the_identity_of_an_epoch_stay_as_they_are()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.ReplaceKeysAsync();
        KeyRecordContent sound = account.Owner.Content(3);
        Owner another = new(account.Owner.UserId, Guid.NewGuid(), 2);
        foreach ((string named, KeyRecord keys) in new[]
        {
            ("other earlier keys", account.Owner.Signed(sound with { EarlierKeys = [new byte[KeyRecordContent.EarlierKeyBytes]] })),
            ("another identity", another.Signed(sound with { Identity = another.Identity })),
        })
        {
            Problem problem = await account.Http.PutAsJsonAsync(Routes.KeyRecord, new ReplaceKeysRequest(keys, account.Registration.Proof))
                .RequireAsync(422, ErrorCodes.RequestInvalid);
            Assert.Contains(named, problem.Detail, StringComparison.Ordinal);
        }

        Owner third = account.Owner.Next();
        KeyRecord forgotten = third.Signed(third.Content(3) with { EarlierKeys = [new byte[139], third.Content().EarlierKeys[1]] });
        ManifestName head = await account.HeadAsync();
        await account.Http.PutAsJsonAsync(Routes.KeyRecord, account.Owner.Replacement(
            third, forgotten, third.Manifest(head.Generation + 1), head, account.Device.Id, Make.Bytes(32), account.Registration.Proof)).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.ReplaceKeysAsync();
    }
}
