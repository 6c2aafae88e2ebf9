using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class ReadingTests
{
    [Fact]
    public async Task Pages_join_to_the_whole()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        List<Guid> pushed = [];
        for (int i = 0; i < 3; i++)
        {
            RecordChange[] records = Make.Records(Limits.RecordsPerBatch - 300);
            await account.PushAsync(Make.Push(i, records));
            pushed.AddRange(records.Select(record => record.Id));
        }

        (List<RecordChange> changes, VaultHead head, int pages) = await account.PullAsync(0);
        Assert.Equal(pushed, changes.Select(change => change.Id));
        Assert.Equal((3, 3), (head.Revision, pages));
        (changes, _, _) = await account.PullAsync(2);
        Assert.Equal(pushed[1400..], changes.Select(change => change.Id));
    }

    [Fact]
    public async Task Pushes_between_pages_leave_no_gap()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        var newest = new Dictionary<Guid, long>();
        for (int i = 0; i < 3; i++)
        {
            RecordChange[] records = Make.Records(Limits.RecordsPerBatch);
            await account.PushAsync(Make.Push(i, records));
            foreach (RecordChange record in records)
                newest[record.Id] = record.Version;
        }

        Guid[] ids = [.. newest.Keys];
        var random = new Random(20260101);
        (List<RecordChange> changes, VaultHead head, int pages) = await account.PullAsync(0, async () =>
        {
            // Some that were read already, some that were not, and some new ones.
            RecordChange[] again = [.. random.GetItems(ids, 40).Distinct().Select(id => Make.Record(id, newest[id] + 1)), .. Make.Records(10)];
            await account.PushNextAsync(again);
            foreach (RecordChange record in again)
                newest[record.Id] = record.Version;
        });

        Assert.True(pages >= 3);
        Assert.Equal(pages - 1 + 3, head.Revision);
        var read = new Dictionary<Guid, long>();
        foreach (RecordChange change in changes)
        {
            Assert.True(change.Version > read.GetValueOrDefault(change.Id));
            read[change.Id] = change.Version;
        }

        Assert.Equal(newest.OrderBy(pair => pair.Key), read.OrderBy(pair => pair.Key));
    }

    [Fact]
    public async Task With_nothing_new_the_answer_is_small_and_nothing_is_written()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.PushAsync(Make.Push(0, Make.Records(500)));
        (string, DateTime, string)[] before = Snapshot();
        HttpResponseMessage response = await account.Http.GetAsync(account.Path(Routes.Changes) + "?after=1&generation=2");
        string body = await response.Content.ReadAsStringAsync();
        Assert.Matches(
            """^PPR\u0001M\u0000{3}.\{"nextPage":null,"head":\{"revision":1,"generation":2,"keyGeneration":1,"packVersion":7,"manifests":\[\],"log":\{"number":1,"hash":"[^"]{44,}"\}\}\}E\u0000{4}$""",
            body);
        Assert.True(response.ToString().Length + body.Length < 1024);
        Assert.Equal(before, Snapshot());

        (string, DateTime, string)[] Snapshot() =>
            [.. new DirectoryInfo(server.Folder).GetFiles().Where(file => !file.Name.EndsWith("-shm", StringComparison.Ordinal))
                .OrderBy(file => file.Name).Select(file => (file.Name, file.LastWriteTimeUtc, $"{file.Length}"))];
    }

    [Fact]
    public async Task A_client_that_is_ahead_is_told_where_the_server_stands()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.PushAsync(Make.Push(0, Make.Records(2)));
        ChangePage page = await account.ChangesAsync(after: 50, generation: 60);
        Assert.Empty(page.Changes);
        Assert.Equal((1, 2), (page.Head!.Revision, page.Head.Generation));
        Assert.Empty(page.Head.Manifests);
        page = await account.ChangesAsync(after: 0, page: "50.3");
        Assert.Empty(page.Changes);
        Assert.Equal(1, page.Head!.Revision);
    }

    [Theory]
    [InlineData("?after=-1", 422)]
    [InlineData("?generation=-1", 422)]
    [InlineData("?page=", 422)]
    [InlineData("?page=1", 422)]
    [InlineData("?page=1.2.3", 422)]
    [InlineData("?page=-1.2", 422)]
    [InlineData("?page=99999999999999999999.0", 422)]
    [InlineData("?page=1.'%20OR%201=1", 422)]
    [InlineData("?after=x", 400)]
    [InlineData("?after=99999999999999999999", 400)]
    [InlineData("?generation=1.5", 400)]
    public async Task Positions_that_cannot_be_are_refused(string query, int status)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.Http.GetAsync(account.Path(Routes.Changes) + query).RequireAsync(status, ErrorCodes.RequestInvalid);
    }

    [Fact]
    public async Task Manifests_are_read_between_generations()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        for (int i = 0; i < 5; i++)
            await account.PushAsync(Make.Push(i));

        async Task<long[]> Read(string query) =>
            [.. (await (await account.Http.GetAsync(account.Path(Routes.Manifests) + query)).ReadAsync<ManifestPage>()).Manifests.Select(link => link.Generation)];
        Assert.Equal(new long[] { 1, 2, 3, 4, 5, 6 }, await Read(""));
        Assert.Equal(new long[] { 3, 4 }, await Read("?after=2&before=5"));
        Assert.Equal(new long[] { 5, 6 }, await Read("?after=4"));
        Assert.Empty(await Read("?after=6"));
        Assert.Empty(await Read("?after=5&before=2"));
        await account.Http.GetAsync(account.Path(Routes.Manifests) + "?after=-1").RequireAsync(422, ErrorCodes.RequestInvalid);
        ChangePage page = await account.ChangesAsync(5, generation: 3);
        Assert.Equal([Make.Manifest(4).Sealed, Make.Manifest(5).Sealed, Make.Manifest(6).Sealed], page.Head!.Manifests.Select(link => link.Sealed));
    }

    [Fact]
    public async Task The_fullest_page_with_the_longest_chain_stays_within_one_message()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        for (int i = 0; i < Limits.ManifestsPerPage; i++)
            await account.PushNextAsync(Limits.ManifestBytes);

        // One byte short of closing the page, then the largest record that there is.
        int each = Limits.BatchBodyBytes / (Limits.RecordsPerBatch - 1);
        RecordChange[] records = [.. Enumerable.Range(0, Limits.RecordsPerBatch - 1)
            .Select(_ => Make.Record(Guid.NewGuid(), Limits.VersionsPerPush, 255, true, Make.Bytes(each - RecordHeader.Size)))];
        RecordChange largest = Make.Record(Guid.NewGuid(), Limits.VersionsPerPush, 255, true, Make.Bytes(Limits.RecordBodyBytes - RecordHeader.Size));
        await account.PushNextAsync([.. records, largest]);

        HttpResponseMessage response = await account.Http.GetAsync(account.Path(Routes.Changes) + "?after=0&generation=2");
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        ChangePage page = await response.ReadAsync(ChangePage.ReadAsync);
        Assert.Equal((Limits.RecordsPerBatch, Limits.ManifestsPerPage), (page.Changes.Count, page.Head!.Manifests.Count));
        Assert.InRange(bytes.Length, Limits.MessageBytes / 2, Limits.MessageBytes);
    }

    [Fact]
    public async Task Records_are_read_by_id()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RecordChange[] records = Make.Records(3);
        await account.PushAsync(Make.Push(0, records));
        await account.PushAsync(Make.Push(1, Make.Record(records[0].Id, version: 2)));

        async Task<HttpResponseMessage> Ask(params RecordKey[] keys) =>
            await account.Http.PostAsJsonAsync(account.Path(Routes.Records), new RecordsRequest(keys));
        var first = new RecordKey(1, records[0].Id);
        RecordsAnswer answer = await (await Ask(first, first, new RecordKey(2, records[1].Id), new RecordKey(1, records[2].Id))).ReadAsync(RecordsAnswer.ReadAsync);
        Assert.Equivalent(new[] { Make.Record(records[0].Id, version: 2), records[2] }, answer.Records, strict: true);
        Assert.Empty((await (await Ask()).ReadAsync(RecordsAnswer.ReadAsync)).Records);
        RecordKey[] many = [.. Enumerable.Range(0, Limits.RecordIdsPerRequest + 1).Select(_ => new RecordKey(1, Guid.NewGuid()))];
        Assert.Empty((await (await Ask(many[1..])).ReadAsync(RecordsAnswer.ReadAsync)).Records);
        await Ask(many).RequireAsync(422, ErrorCodes.RequestInvalid);
    }
}
