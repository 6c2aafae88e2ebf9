using System.Net;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>Somebody with a token who wants the server's memory, against the real program with a heap of 384 MiB.</summary>
[Trait("Pace", "Slow")]
public sealed class PushAttackTests
{
    [Fact]
    public async Task Pushes_side_by_side_of_the_largest_size_stay_below_the_heap()
    {
        using var folder = new TempFolder();
        using ServerProcess server = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--registration-difficulty", "1"], ("DOTNET_GCHeapHardLimit", "18000000"));
        using var http = new HttpClient { BaseAddress = server.Address };
        RegisterRequest request = Make.Registration();
        RegisterAnswer registered = await (await http.RegisterAsync(request)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        using var account = new DeviceClient(server.Address, request, registered.DeviceToken);

        // 10 MiB each, for a push of 12 MiB is the largest that is read: at once they would be more than the heap has beside what the server needs.
        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            RecordChange[] records = [.. Enumerable.Range(0, 5).Select(_ => Make.Record(Guid.NewGuid(), body: new byte[Limits.RecordBodyBytes - Make.HeaderBytes]))];
            using HttpResponseMessage answer = await account.SendPushAsync(Make.Push(0, records));
            return answer.StatusCode;
        }));

        Assert.Single(answers, status => status == HttpStatusCode.OK);
        Assert.All(answers, status => Assert.Contains(status, new[] { HttpStatusCode.OK, HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable }));
        await account.PushNextAsync(Make.Records(1));
    }
}
