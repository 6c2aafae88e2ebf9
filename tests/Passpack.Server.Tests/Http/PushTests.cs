using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Passpack.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Passpack.Server.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class PushTests
{
    [Fact]
    public async Task What_is_pushed_is_read_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RecordChange[] records = [.. Make.Records(5), Make.Record(Guid.NewGuid(), version: 9, stream: 200, deleted: true)];
        Assert.Equal(new PushAnswer(1, 2), await account.PushAsync(Make.Push(0, records)) with { Log = null });
        Assert.Equivalent(records, (await account.ChangesAsync(0)).Changes, strict: true);
    }

    [Fact]
    public async Task Below_the_reserve_of_the_disk_only_deletions_are_taken_and_all_is_readable()
    {
        long free = long.MaxValue;
        await using TestServer server = await TestServer.StartAsync(["--disk-reserve", "1000"], configure: builder =>
            builder.Services.AddSingleton(provider => new DiskReserve(provider.GetRequiredService<ServerOptions>(), () => free)));
        using DeviceClient account = await server.RegisterAsync();
        RecordChange record = Make.Record(Guid.NewGuid());
        await account.PushAsync(Make.Push(0, record));
        free = 1000;
        await account.SendPushAsync(Make.Push(1, Make.Records(1))).RequireAsync(507, ErrorCodes.ServerRefused);
        await server.Http.RegisterAsync(Make.Registration()).RequireAsync(507, ErrorCodes.ServerRefused);
        Assert.Single((await account.ChangesAsync(0)).Changes);
        await account.PushAsync(Make.Push(1, Make.Record(record.Id, 2, deleted: true)));
        free = 1001;
        await account.PushAsync(Make.Push(2, Make.Records(1)));
    }

    [Fact]
    public async Task A_repeat_of_a_push_gets_the_same_answer_and_another_under_its_id_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        PushRequest push = Make.Push(0, Make.Records(3));
        string metadata = JsonSerializer.Serialize(new PushMetadata(push.PushId, push.BaseRevision, push.Manifest, push.Previous, push.Signature), ProtocolJson.Default.PushMetadata);
        byte[] bytes = Make.PushWith(metadata, [.. push.Records]);
        string path = account.Path(Routes.Pushes);
        PushAnswer first = await (await account.Http.PostBytesAsync(path, bytes)).ReadAsync<PushAnswer>() with { Log = null };
        await account.PushNextAsync(Make.Records(1));
        Assert.Equal(first, await (await account.Http.PostBytesAsync(path, bytes)).ReadAsync<PushAnswer>());

        // However it travels: the same in other bytes is the same push.
        Assert.Equal(first, await (await account.Http.PostBytesAsync(path, Make.PushWith(metadata + " ", [.. push.Records]))).ReadAsync<PushAnswer>());
        await account.SendPushAsync(Make.Signed(push with { BaseRevision = 2, Manifest = Make.Manifest(4) })).RequireAsync(422, ErrorCodes.PushIdReused);
        Assert.Equal(4, (await account.ChangesAsync(0)).Changes.Count);
    }

    [Fact]
    public async Task Repeats_side_by_side_all_get_one_answer()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        PushRequest push = Make.Push(0, Make.Records(3));
        PushAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => account.PushAsync(push)));
        Assert.All(answers, answer => Assert.Equal(new PushAnswer(1, 2), answer with { Log = null }));
        Assert.Equal(1, (await account.ChangesAsync(0)).Head!.Revision);
    }

    [Fact]
    public async Task Of_pushes_side_by_side_against_one_revision_exactly_one_wins()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestServer secondNode = await TestServer.StartAsync(folder: server.Folder);
        using DeviceClient account = await server.RegisterAsync();
        for (int round = 0; round < 4; round++)
        {
            PushRequest[] pushes = [.. Enumerable.Range(0, 10).Select(_ => Make.Push(round, Make.Records(20)))];
            HttpResponseMessage[] answers = await Task.WhenAll(pushes.Select(account.SendPushAsync));
            int winner = Assert.Single(Enumerable.Range(0, 10), i => (int)answers[i].StatusCode == 200);
            foreach (HttpResponseMessage loser in answers.Where((_, i) => i != winner))
                await loser.RequireAsync(409, ErrorCodes.RevisionConflict);
            Assert.Equal(
                pushes[winner].Records.Select(record => record.Id), (await account.ChangesAsync(round)).Changes.Select(record => record.Id));
        }
    }

    public static TheoryData<int, string, string, Func<PushRequest, PushRequest>> Faults() => new()
    {
        { 409, ErrorCodes.RevisionConflict, "revision 0", push => push with { BaseRevision = 1 } },
        { 409, ErrorCodes.RevisionConflict, "generation 1", push => push with { Manifest = Make.Manifest(3) } },
        { 422, ErrorCodes.RequestInvalid, "baseRevision", push => push with { BaseRevision = -1 } },
        { 422, ErrorCodes.RequestInvalid, "pushId", push => push with { PushId = Guid.Empty } },
        { 422, ErrorCodes.RequestInvalid, "manifest.generation", push => push with { Manifest = Make.Manifest(-1) } },
        { 422, ErrorCodes.RequestInvalid, "manifest.sealed", push => push with { Manifest = new ManifestLink(2, new byte[Limits.ManifestBytes + 1]) } },
        { 422, ErrorCodes.RequestInvalid, "manifest.sealed", push => push with { Manifest = Make.Manifest(2, Limits.ManifestBytes + 1) } },
        { 422, ErrorCodes.RequestInvalid, "manifest.sealed is of generation 3", push => push with { Manifest = Make.Manifest(3) with { Generation = 2 } } },
        { 422, ErrorCodes.RequestInvalid, "manifest.sealed is of epoch 2", push => push with { Manifest = ManifestOf(header => header with { Epoch = 2 }) } },
        { 422, ErrorCodes.RequestInvalid, "manifest.sealed is of another vault", push => push with { Manifest = ManifestOf(header => header with { VaultId = Guid.NewGuid() }) } },
        { 422, ErrorCodes.RequestInvalid, "manifest.sealed does not begin", push => push with { Manifest = ManifestOf(header => header with { Part = RecordPart.Secret }) } },
        { 403, ErrorCodes.SignatureInvalid, "manifest.sealed", push => push with { Manifest = Make.Anna.Next().Manifest(2) } },
        { 409, ErrorCodes.RevisionConflict, "manifest 1", push => push with { Previous = new byte[32] } },
        { 422, ErrorCodes.RequestInvalid, "previous", push => push with { Previous = new byte[31] } },
        { 422, ErrorCodes.RequestInvalid, "records[2]", push => push with { Records = [.. push.Records, push.Records[0]] } },
        { 422, ErrorCodes.RequestInvalid, "records[2]", push => With(push, record => record with { Version = 0 }) },
        { 422, ErrorCodes.RequestInvalid, "records[2]", push => With(push, record => record with { Version = long.MinValue }) },
        { 422, ErrorCodes.RequestInvalid, "records[2]", push => With(push, record => record with { Stream = 0 }) },
        { 422, ErrorCodes.RequestInvalid, "records[2]", push => With(push, record => record with { Digest = new byte[32] }) },
        { 422, ErrorCodes.RequestInvalid, "records[2]", push => With(push, record => record with { Body = [1, 2, 3] }) },
        { 422, ErrorCodes.RequestInvalid, "two records", push => WithBody(push, 1, false, _ => []) },
        { 422, ErrorCodes.RequestInvalid, "two records", push => WithBody(push, 1, false, body => [0x7F, .. body[1..]]) },
        { 422, ErrorCodes.RequestInvalid, "record's header", push => WithBody(push, 1, false, body => body[..^60]) },
        { 422, ErrorCodes.RequestInvalid, "record's header", push => WithBody(push, 2, false, body => body[..46]) },
        { 422, ErrorCodes.RequestInvalid, "record's header", push => WithBody(push, 200, true, _ => []) },
        { 422, ErrorCodes.RequestInvalid, "record's header", push => WithBody(push, 3, false, body => [2, .. body[1..]]) },
        { 422, ErrorCodes.RequestInvalid, "part 3, not 1", push => Live(WithBody(push, 1, true, body => RecordBody.Join(body, body))) },
        { 422, ErrorCodes.RequestInvalid, "part 1, not 2", push => WithBody(push, 1, false, body => RecordBody.Join(body.AsSpan(4, 47), body.AsSpan(4, 47))) },
        { 422, ErrorCodes.RequestInvalid, "part 0, not 3", push => Deleted(WithBody(push, 2, false, body => body)) },
        { 422, ErrorCodes.RequestInvalid, "epoch 2, and 1 is in force", push => With(push, record => Make.Anna.Next().Record(record.Id)) },
        { 422, ErrorCodes.RequestInvalid, "epoch 2, and 1 is in force", push => With(push, record => Make.Anna.Next().Record(record.Id, stream: 200)) },
        { 422, ErrorCodes.RequestInvalid, "another vault, stream, record or version", push => With(push, record => new Owner("anna", Guid.NewGuid()).Record(record.Id)) },
        { 422, ErrorCodes.RequestInvalid, "another vault, stream, record or version", push => With(push, record => record with { Version = 2 }) },
        { 422, ErrorCodes.RequestInvalid, "another vault, stream, record or version", push => With(push, record => record with { Id = Guid.NewGuid() }) },
        { 422, ErrorCodes.RequestInvalid, "another vault, stream, record or version", push => With(push, record => Make.Record(record.Id, stream: 2) with { Stream = 3 }) },
        { 422, ErrorCodes.RequestInvalid, "sealed anew", push => With(push, record => record with { Resealed = true }) },
        { 400, ErrorCodes.RequestInvalid, "more than 1000 records", push => push with { Records = Make.Records(Limits.RecordsPerBatch + 1) } },
        {
            413, ErrorCodes.RecordTooLarge, "records[2]",
            push => With(push, record => Make.Record(record.Id, body: new byte[Limits.RecordBodyBytes + 1 - Make.HeaderBytes]))
        },
    };

    private static PushRequest With(PushRequest push, Func<RecordChange, RecordChange> change) =>
        push with { Records = [.. push.Records, change(Make.Record(Guid.NewGuid()))] };

    private static ManifestLink ManifestOf(Func<RecordHeader, RecordHeader> spoil) => Make.Anna.Manifest(
        spoil(new RecordHeader(Make.Anna.Vault, 1, RecordStream.None, RecordPart.Manifest, Make.Anna.Vault, 2)), 2);

    private static PushRequest WithBody(PushRequest push, byte stream, bool deleted, Func<byte[], byte[]> spoil)
    {
        RecordChange record = Make.Record(Guid.NewGuid(), stream: stream, deleted: deleted);
        byte[] body = spoil(record.Body);
        return push with { Records = [.. push.Records, record with { Body = body, Digest = SHA256.HashData(body) }] };
    }

    private static PushRequest Live(PushRequest push) => push with { Records = [.. push.Records.Select(record => record with { Deleted = false })] };

    private static PushRequest Deleted(PushRequest push) => push with { Records = [push.Records[^1] with { Deleted = true }] };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_is_refused_and_changes_nothing(int status, string code, string named, Func<PushRequest, PushRequest> spoil)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        PushRequest spoilt = spoil(Make.Push(0, Make.Records(2)));
        Problem problem = await account.SendPushAsync(Make.Signed(spoilt)).RequireAsync(status, code);
        Assert.Contains(named, problem.Detail, StringComparison.Ordinal);
        ChangePage page = await account.ChangesAsync(0);
        Assert.Empty(page.Changes);
        Assert.Equal((0, 1), (page.Head!.Revision, page.Head.Generation));
    }

    [Fact]
    public async Task A_version_that_does_not_grow_is_a_conflict_for_the_whole_push()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        Guid id = Guid.NewGuid();
        await account.PushAsync(Make.Push(0, Make.Record(id, version: 3, deleted: true)));
        Problem problem = await account.SendPushAsync(Make.Push(1, Make.Record(Guid.NewGuid()), Make.Record(id, version: 3)))
            .RequireAsync(409, ErrorCodes.RevisionConflict);
        Assert.Contains(id.ToString(), problem.Detail, StringComparison.Ordinal);
        Assert.Single((await account.ChangesAsync(0)).Changes);
        // Created again after its deletion, as the next version.
        await account.PushAsync(Make.Push(1, Make.Record(id, version: 4)));
    }

    [Fact]
    public async Task The_largest_record_and_the_fullest_batch_fit()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RecordChange largest = Make.Record(Guid.NewGuid(), body: Make.Bytes(Limits.RecordBodyBytes - Make.HeaderBytes));
        RecordChange[] full = [.. Enumerable.Range(0, Limits.RecordsPerBatch - 1)
            .Select(_ => Make.Record(Guid.NewGuid(), body: Make.Bytes((Limits.BatchBodyBytes / Limits.RecordsPerBatch) - Make.HeaderBytes)))];
        await account.PushAsync(Make.Signed(Make.Push(0, [.. full, largest]) with { Manifest = Make.Manifest(2, Limits.ManifestBytes) }));
        ChangePage page = await account.ChangesAsync(0);
        Assert.Equal(Limits.RecordsPerBatch, page.Changes.Count);
        Assert.Equal(largest.Body, page.Changes[^1].Body);
    }

    [Fact]
    public async Task A_push_beyond_the_quota_is_refused_and_the_vault_can_still_be_read()
    {
        await using TestServer server = await TestServer.StartAsync(["--quota", "2000"]);
        using DeviceClient account = await server.RegisterAsync();
        await account.PushAsync(Make.Push(0, Make.Record(Guid.NewGuid(), body: new byte[1000])));
        await account.SendPushAsync(Make.Push(1, Make.Record(Guid.NewGuid(), body: new byte[1000]))).RequireAsync(507, ErrorCodes.QuotaExceeded);
        Assert.Single((await account.ChangesAsync(0)).Changes);
    }

    [Fact]
    public async Task A_full_account_still_takes_deletions_up_to_a_bound()
    {
        string unlimited = long.MaxValue.ToString(CultureInfo.InvariantCulture);
        await using TestServer server = await TestServer.StartAsync(["--quota", "20000", "--total-quota", unlimited]);
        using DeviceClient account = await server.RegisterAsync();
        RecordChange record = Make.Record(Guid.NewGuid(), body: new byte[18_700 - Make.HeaderBytes]);
        await account.PushAsync(Make.Push(0, record));
        await account.SendPushAsync(Make.Push(1, Make.Record(Guid.NewGuid(), body: new byte[300]))).RequireAsync(507, ErrorCodes.QuotaExceeded);

        RecordChange Deletion(long version, int bytes) => Make.Record(record.Id, version, deleted: true, body: new byte[bytes - RecordHeader.Size]);
        await account.SendPushAsync(Make.Push(1, Deletion(2, 1025))).RequireAsync(507, ErrorCodes.QuotaExceeded);
        // Each takes 200 bytes, and some 480 for its row and the manifest: the first goes beyond the quota, the fifth beyond an eighth more.
        for (int i = 1; i < 5; i++)
            await account.PushAsync(Make.Push(i, Deletion(i + 1, 200)));
        Assert.True(Assert.Single((await account.ChangesAsync(0)).Changes).Deleted);
        await account.SendPushAsync(Make.Push(5, Deletion(6, 200))).RequireAsync(507, ErrorCodes.QuotaExceeded);
    }

    [Fact]
    public async Task A_version_grows_by_a_bound_within_a_push()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        var id = Guid.NewGuid();
        const long most = Limits.VersionsPerPush;
        await account.SendPushAsync(Make.Push(0, Make.Record(id, most + 1))).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.SendPushAsync(Make.Push(0, Make.Record(id, long.MaxValue))).RequireAsync(422, ErrorCodes.RequestInvalid);
        // Step by step within one push, too.
        await account.SendPushAsync(Make.Push(0, Make.Record(id, most), Make.Record(id, most + 1))).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.PushAsync(Make.Push(0, Make.Record(id, most)));
        await account.SendPushAsync(Make.Push(1, Make.Record(id, (2 * most) + 1))).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.PushAsync(Make.Push(1, Make.Record(id, 2 * most)));
        Assert.Equal(2 * most, Assert.Single((await account.ChangesAsync(0)).Changes).Version);
    }

    [Fact]
    public async Task Another_accounts_vault_is_not_there()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient anna = await server.RegisterAsync();
        using DeviceClient berta = await server.RegisterAsync(Make.Registration("berta"));
        string pushes = berta.Path(Routes.Pushes);
        await anna.Http.PostBytesAsync(pushes, Make.Push(0, Make.Records(1)).ToMessage().ToArray()).RequireAsync(404, ErrorCodes.NotFound);
        await anna.Http.GetAsync(berta.Path(Routes.Changes)).RequireAsync(404, ErrorCodes.NotFound);
        await anna.Http.GetAsync(berta.Path(Routes.Manifests)).RequireAsync(404, ErrorCodes.NotFound);
        await anna.Http.PostTextAsync(berta.Path(Routes.Records), """{"records":[]}""").RequireAsync(404, ErrorCodes.NotFound);
        Assert.Equal(0, (await berta.ChangesAsync(0)).Head!.Revision);
    }

    [Fact]
    public async Task A_body_that_breaks_off_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        byte[] bytes = Make.Push(0, Make.Records(50)).ToMessage().ToArray();
        using (var socket = new System.Net.Sockets.TcpClient())
        {
            Uri address = server.Http.BaseAddress!;
            await socket.ConnectAsync(address.Host, address.Port);
            AuthenticationHeaderValue token = account.Http.DefaultRequestHeaders.Authorization!;
            string head = $"POST {account.Path(Routes.Pushes)} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: {token}\r\n"
                + $"Content-Type: {RecordMessage.MediaType}\r\nContent-Length: {bytes.Length}\r\n\r\n";
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
            await socket.GetStream().WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
        }

        Assert.Equal(new PushAnswer(1, 2), await account.PushAsync(Make.Push(0, Make.Records(1))) with { Log = null });
    }
}
