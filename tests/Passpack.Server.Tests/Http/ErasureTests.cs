using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>What is left in the server's files of what was erased.</summary>
public sealed class ErasureTests
{
    [Fact]
    public async Task Of_a_removed_account_no_byte_of_any_body_is_left_in_any_file_of_the_database()
    {
        using var folder = new TempFolder();
        await using TestServer server = await TestServer.StartAsync(folder: folder.Path);
        using DeviceClient other = await server.RegisterAsync(Make.Registration("berta@example.org")), account = await server.RegisterAsync();
        byte[][] marks = [.. Enumerable.Range(0, 6).Select(_ => Make.Bytes(32))];
        byte[][] bodies = [marks[0], Filled(marks[1], 5_000), Filled(marks[2], 1 << 20), marks[3], Filled(marks[4], 60_000)];
        RecordChange[] records = [.. bodies.Select(body => Make.Record(Guid.NewGuid(), body: body))];
        await account.PushNextAsync(records);
        // Earlier versions, beyond the most that are kept, too.
        for (int version = 2; version < 30; version++)
            await account.PushNextAsync(Make.Record(records[4].Id, version, body: Filled(Make.Bytes(32), 60_000)), Make.Record(records[0].Id, version));
        await other.PushNextAsync(Make.Record(Guid.NewGuid(), body: marks[5]));
        Assert.True(Holds(folder, marks[2]));

        (await account.Http.PostAsJsonAsync(Routes.AccountRemoval, account.Owner.Removal(await account.HeadAsync()))).EnsureSuccessStatusCode();
        Assert.Equal([false, false, false, false, false, true], marks.Select(mark => Holds(folder, mark)));
    }

    private static byte[] Filled(byte[] mark, int bytes) => [.. Enumerable.Range(0, bytes).Select(i => mark[i % mark.Length])];

    private static bool Holds(TempFolder folder, byte[] mark) => Directory.GetFiles(folder.Path).Any(path =>
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes.AsSpan().IndexOf(mark) >= 0;
    });
}
