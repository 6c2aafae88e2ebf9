using System.Globalization;
using System.Security.Cryptography;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A server that sends more and more, to fill the disk: what is staged is counted over interruptions, leaves a reserve, and gives its space back.</summary>
public sealed class StagingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    private const int PageBytes = 6 << 20;
    private const long Plenty = 1L << 40;

    private string VaultFile => Victim.Vault.Folder.VaultFile;

    [Fact]
    public async Task A_vault_keeps_nothing_of_the_size_of_a_pull_that_was_a_lie()
    {
        long before = Size();
        long staged = 0;
        Lie lie = Pages(_ =>
        {
            staged = Math.Max(staged, Size());
            return false;
        }, end: 8);

        await RefusedAsync(ErrorCodes.ServerTampered, lie);

        Assert.InRange(staged, 6L * PageBytes, long.MaxValue);
        Assert.InRange(Size(), 1, before + (1 << 20));
        AssertSound();
    }

    [Fact]
    public async Task A_vault_that_was_left_large_is_made_small_by_the_next_sync()
    {
        // As a killed process leaves it, between the end of the lie and the space that is given back.
        long before = Size();
        using (VaultConnection connection = VaultConnection.Open(VaultFile))
        {
            connection.BeginImmediate();
            for (int i = 0; i < 20; i++)
                connection.Execute("INSERT INTO staged VALUES (9, randomblob(16), 1, 0, randomblob(32), randomblob(2000000))");
            connection.Commit();
            connection.Execute("DELETE FROM staged");
        }
        Assert.InRange(Size(), 20 * 2_000_000, long.MaxValue);

        await HonestAgainAsync();

        Assert.InRange(Size(), 1, before + (1 << 20));
        AssertSound();
    }

    [Fact]
    public async Task What_an_honest_first_sync_leaves_unused_is_not_taken_for_a_lie()
    {
        using (VaultWriter writer = Friend.Vault.BeginWrite())
        {
            for (int i = 0; i < 40; i++)
                writer.Add(new EntryEdit { Name = $"large {i}", Notes = new string('n', 500_000) });
            writer.Commit();
        }
        await Friend.SyncAsync();
        Machine first = await Account.MachineAsync("first");
        await first.SyncAsync();
        (long unused, long pages) = Pages(first);
        Assert.InRange(unused * 4096, 18 << 20, long.MaxValue);

        await first.SyncAsync();

        Assert.Equal((unused, pages), Pages(first));

        static (long Unused, long All) Pages(Machine machine)
        {
            using VaultUse use = machine.Vault.Use();
            return (use.Connection.Scalar<long>("PRAGMA freelist_count"), use.Connection.Scalar<long>("PRAGMA page_count"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_stop_before_the_last_part_of_the_disk_is_taken(bool whatIf)
    {
        const long reserve = 512 << 20;
        long before = Size(), free = reserve + 10 * PageBytes;
        int pages = 0;
        Lie lie = Pages(number =>
        {
            pages = number;
            free -= PageBytes;
            return false;
        }, end: 20);
        var limits = new StagingLimits { Disk = _ => new DiskSpace(free, Plenty) };

        await RefusedAsync(ErrorCodes.DiskFull, lie, new SyncOptions { Staging = limits, WhatIf = whatIf });

        // A page goes to the journal first, and then into the file.
        Assert.InRange(pages, 7, 9);
        Assert.InRange(free, reserve, long.MaxValue);
        Assert.InRange(Size(), 1, before + (1 << 20));
    }

    [Fact]
    public async Task An_ordinary_sync_goes_on_with_little_space_left()
    {
        Assert.NotEmpty((await Victim.SyncAsync(new SyncOptions { Staging = new StagingLimits { Disk = _ => new DiskSpace(1 << 20, Plenty) } })).Changes);
        await HonestAgainAsync();
    }

    /// <summary>A server that breaks the connection after every page, so that each pull brings one.</summary>
    [Theory]
    [InlineData("changes", 8)]
    [InlineData("bytes", 11)]
    [InlineData("disk", 8)]
    public async Task What_interrupted_pulls_left_counts(string limit, int mostStaged)
    {
        var options = new SyncOptions
        {
            Staging = limit switch
            {
                "changes" => new StagingLimits { Changes = 8 },
                "bytes" => new StagingLimits { Bytes = 4 * PageBytes },
                _ => new StagingLimits { Disk = _ => new DiskSpace(0, Plenty) },
            },
        };
        int left = 0;
        Hostile.Lie = Pages(_ => left-- <= 0);
        long most = 0;
        for (int pull = 0; pull < 6; pull++)
        {
            left = 1;
            PasspackException ended = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync(options));
            Assert.Contains(ended.ErrorId, new[] { ErrorCodes.ServerUnreachable, ErrorCodes.ServerTampered, ErrorCodes.DiskFull });
            using VaultUse use = Victim.Vault.Use();
            most = Math.Max(most, use.Connection.Scalar<long>("SELECT count(*) FROM staged"));
        }
        Assert.InRange(most, 6, mostStaged);
        await HonestAgainAsync();
    }

    [Fact]
    public async Task A_plan_of_pages_without_an_end_is_bounded_as_a_sync_is() =>
        await RefusedAsync(ErrorCodes.ServerTampered, Pages(_ => false, end: 20), new SyncOptions { WhatIf = true, Staging = new StagingLimits { Changes = 20 } });

    /// <summary>The file and its journal.</summary>
    private long Size() => new[] { VaultFile, $"{VaultFile}-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);

    private static Lie Pages(Func<int, bool> isCut, int end = int.MaxValue)
    {
        int asked = 0;
        return Lies.About(Routes.Changes, async exchange =>
        {
            int number = Interlocked.Increment(ref asked);
            if (isCut(number))
                return null;
            RecordChange[] changes = [.. Enumerable.Range(0, 3).Select(_ => Forged(RecordStream.Data, Guid.NewGuid(), 1, false, RandomNumberGenerator.GetBytes(PageBytes / 3)))];
            return number < end
                ? Answer.Records(new ChangePage(changes, number.ToString(CultureInfo.InvariantCulture), null).ToMessage()) with { IsInvented = true }
                : (await exchange.HonestAsync(exchange.Path.Split("&page=")[0])).With(page => page with { Changes = [.. page.Changes, changes[0]] });
        });
    }
}
