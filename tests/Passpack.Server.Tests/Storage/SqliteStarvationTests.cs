using Microsoft.Data.Sqlite;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>Readers who leave no pause, or stay, while others push.</summary>
[Trait("Pace", "Slow")]
public sealed class SqliteStarvationTests : IAsyncLifetime
{
    private const int MiB = 1 << 20;

    private readonly TempFolder folder = new();
    private SqliteStore store = null!;
    private VaultKey vault;
    private int revision;

    private string DatabasePath => folder.Of("store.db");

    private long LogBytes => new FileInfo(DatabasePath + "-wal").Length;

    public async ValueTask InitializeAsync()
    {
        store = new SqliteStore(DatabasePath);
        await store.PrepareAsync(default);
        CheckedKeys keys = Make.Keys(Guid.NewGuid());
        var account = new NewAccount("anna", Make.Bytes(16), "17.8.1", Make.Bytes(16), Make.Bytes(32), keys, Make.Manifest(1), DateTimeOffset.UnixEpoch);
        await store.AddAccountAsync(account, new DeviceSignIn(Guid.NewGuid(), "laptop", Make.Bytes(32), DateTimeOffset.UnixEpoch), onlyFirst: false, default);
        vault = new VaultKey((await store.FindLoginAsync("anna", default))!.Account, keys.Content.VaultId);
    }

    public ValueTask DisposeAsync()
    {
        store.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task PushAsync()
    {
        var push = new Push(
            Make.Push(revision++, Make.Record(Guid.NewGuid(), body: new byte[MiB])), null, Retention.Default, DateTimeOffset.UnixEpoch);
        Assert.Equal(PushStatus.Accepted, (await store.ApplyPushAsync(vault, push, default))!.Status);
    }

    [Fact]
    public async Task Readers_without_a_pause_block_no_writer_and_the_log_stays_bounded()
    {
        for (int i = 0; i < 4; i++)
            await PushAsync();
        using var done = new CancellationTokenSource();
        int reads = 0;
        Task[] readers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                Assert.NotEmpty((await store.ReadChangesAsync(vault, default, default(HeadWish), default))!.Changes);
                Interlocked.Increment(ref reads);
            }
        }))];

        long longest = 0;
        for (int i = 0; i < 60; i++)
        {
            await PushAsync();
            longest = Math.Max(longest, LogBytes);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.InRange(reads, 1, int.MaxValue);
        // On a busy machine the readers may outlast one attempt; it starts, as any, in a log that a whole push has taken past the limit.
        Assert.InRange(longest, 1, 2 * (SqliteStore.MostLogBytes + (2 * MiB)));
    }

    [Fact]
    public async Task A_reader_that_stays_blocks_no_writer_and_once_it_goes_the_log_stops_growing()
    {
        await PushAsync();
        long held;
        using (var backup = new SqliteConnection($"Data Source={DatabasePath};Pooling=False"))
        {
            backup.Open();
            using SqliteTransaction moment = backup.BeginTransaction(deferred: true);
            Assert.Equal(1, backup.First("SELECT count(*) FROM record", row => row.GetInt64(0)));
            for (int i = 0; i < 40; i++)
                await PushAsync();
            held = LogBytes;
            Assert.Equal(1, backup.First("SELECT count(*) FROM record", row => row.GetInt64(0)));
        }

        Assert.InRange(held, 40 * MiB, 80 * MiB);
        for (int i = 0; i < 30; i++)
            await PushAsync();
        Assert.InRange(LogBytes, 0, held + (3 * MiB));
    }
}
