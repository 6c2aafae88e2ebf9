using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>kill -9 while pushes are under way.</summary>
[Trait("Pace", "Slow")]
public sealed class CrashTests
{
    private const int RecordsPerPush = 200;

    [Fact]
    public async Task A_killed_server_keeps_what_it_acknowledged_and_nothing_by_half()
    {
        using var folder = new TempFolder();
        RegisterRequest registration = Make.Registration();
        byte[]? token = null;
        List<PushRequest> sent = [];
        long acknowledged = 0;
        for (int life = 0; life < 3; life++)
        {
            using ServerProcess server = await ServerProcess.StartAsync(folder.Path);
            using var http = new HttpClient { BaseAddress = server.Address };
            token ??= (await (await http.RegisterAsync(registration)).ReadAsync<RegisterAnswer>(System.Net.HttpStatusCode.Created)).DeviceToken;
            using var account = new DeviceClient(server.Address, registration, token);
            await RequireWholeAsync(account, folder, sent, acknowledged);

            // The push that the last life broke off, if any, is sent again just as it was.
            if (sent.Count > acknowledged)
                acknowledged = (await account.PushAsync(sent[^1])).Revision;
            Task pushing = Task.Run(async () =>
            {
                while (true)
                {
                    PushRequest push = Make.Push(acknowledged, Make.Records(RecordsPerPush));
                    sent.Add(push);
                    acknowledged = (await account.PushAsync(push)).Revision;
                }
            });
            while (Volatile.Read(ref acknowledged) < (life + 1) * 5 && !pushing.IsCompleted)
                await Task.Delay(1);
            await server.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => pushing);
        }

        await using TestServer last = await TestServer.StartAsync(folder: folder.Path);
        using var survivor = new DeviceClient(last.Http.BaseAddress!, registration, token!);
        await RequireWholeAsync(survivor, folder, sent, acknowledged);
    }

    private static async Task RequireWholeAsync(DeviceClient account, TempFolder folder, List<PushRequest> sent, long acknowledged)
    {
        (List<RecordChange> changes, VaultHead head, _) = await account.PullAsync(0);
        Assert.InRange(head.Revision, acknowledged, sent.Count);
        Assert.Equal(head.Revision + 1, head.Generation);
        Assert.Equal(
            sent.Take((int)head.Revision).SelectMany(push => push.Records).Select(record => record.Id), changes.Select(change => change.Id));

        using var connection = new SqliteConnection($"Data Source={folder.Of(PasspackServer.DatabaseName)};Pooling=False");
        connection.Open();
        Assert.Equal("ok", connection.First("PRAGMA integrity_check", row => row.GetString(0)));
        Assert.Empty(connection.All("PRAGMA foreign_key_check", row => row.GetString(0)));
    }
}
