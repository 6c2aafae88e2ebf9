using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Time.Testing;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault;

/// <summary>What becomes of history while the clock is wrong, and once it is right again.</summary>
public sealed class RetentionTests : IDisposable
{
    private const int Days = 30;

    private readonly FakeTimeProvider _clock = new(s_start);
    private readonly TestVault _test;
    private readonly Guid _id;

    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public RetentionTests()
    {
        _test = new TestVault(_clock);
        _test.Vault.Configure(historyVersions: 1000, historyDays: Days);
        _id = _test.Add(new EntryEdit { Name = "n", Notes = "0" }).Id;
    }

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_clock_that_was_a_year_ahead_dates_nothing_once_it_is_right()
    {
        Edit(0, "1");
        Edit(365, "2");
        Edit(2, "3");
        Edit(3, "4");

        Assert.Equal([(3, "3"), (2, "2"), (365, "1")], History().Take(3));

        // The one of the future was written before the day after: it goes with that.
        Edit(Days + 1, "5");
        Assert.Equal(["4", "3", "2", "1"], History().Select(version => version.Notes));
        Edit(Days + 4, "6");
        Assert.Equal(["5", "4"], History().Select(version => version.Notes)); // "4" is of day 31.
    }

    [Fact]
    public void What_a_clock_a_year_behind_has_dated_stays_and_expires_in_its_time()
    {
        Edit(0, "1");
        Edit(-365, "2");
        Edit(-364, "3");
        Edit(3, "4");
        Assert.Equal(["3", "2", "1", "0"], History().Select(version => version.Notes));
        Assert.Equal([3, -364, -365, 0], History().Select(version => version.Day));

        Edit(Days, "5");
        Assert.Equal(["4", "3", "2", "1", "0"], History().Select(version => version.Notes));
        Edit(Days + 1, "6");
        Assert.Equal(["5", "4", "3"], History().Select(version => version.Notes));
    }

    [Fact]
    public void Earlier_dates_of_other_entries_count_too_after_a_clock_that_was_far_ahead()
    {
        Guid other = _test.Add(new EntryEdit { Name = "other", Notes = "0" }).Id;
        Edit(0, "1", other);
        Edit(30000, "2", other);
        Edit(-365, "1");
        Edit(-364, "2");
        Edit(3, "3");
        Assert.Equal(["2", "1", "0"], History().Select(version => version.Notes));
        Edit(Days + 1, "4");
        Assert.Equal(["3", "2"], History().Select(version => version.Notes));
    }

    [Fact]
    public void What_comes_from_a_backup_is_kept_as_if_it_had_been_replaced_at_the_restore()
    {
        Edit(0, "1");
        Move(1);
        EntryContent content = EntryContent.New(new EntryEdit { Name = "n", Notes = "restored" }, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        BackupVersion At(int day) => new(RecordStream.Data, s_start.AddDays(day).ToUnixTimeMilliseconds(), HistoryReason.Edit, new Snapshot(content, null, null));
        _test.Write(writer => { writer.AddHistory(_id, [At(-400), At(400)]); return 0; });
        Edit(2, "2");
        Assert.Equal([2, 400, -400, 0], History().Select(version => version.Day));
        Edit(Days + 1, "3");
        Edit(Days + 2, "4");
        Assert.Equal([Days + 2, Days + 1, 2, 400], History().Select(version => version.Day)); // That of the future was there by day 2.
        Edit(Days + 3, "5");
        Assert.Equal([Days + 3, Days + 2, Days + 1], History().Select(version => version.Day));
    }

    /// <summary>
    /// A clock that is wrong in between is right again before it is wrong in another way; it is ahead once, because it is believed while it is, and
    /// behind as often as it likes.
    /// </summary>
    [Fact]
    public void Whatever_clocks_do_order_is_kept_and_everything_expires_in_its_time() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(
            Gen.OneOf(Gen.Constant(0), Gen.Choose(-50, 0), Gen.Choose(-500, 0), Gen.Choose(-20000, 0)).Two().ListOf().Select(list => list.Take(40).ToArray())
                .Zip(Gen.OneOf(Gen.Choose(0, 100), Gen.Choose(0, 20000)).Two()).ToArbitrary(),
            drawn =>
            {
                using var test = new RetentionTests();
                // The day of every version, by the clock and in truth, in order.
                List<int> log = [], truth = [];
                HashSet<int> before = [];
                int real = 0, wrong = 0;
                ((int Elapsed, int Behind)[] walk, (int when, int ahead)) = drawn;
                for (int step = 0; step < walk.Length; step++)
                {
                    real += -walk[step].Elapsed % 12;
                    wrong = wrong != 0 ? 0 : step == when % walk.Length ? ahead : walk[step].Behind;
                    int now = real + wrong;
                    test.Edit(now, $"{log.Count + 1}");
                    log.Add(now);
                    truth.Add(real);
                    int[] there = [.. test.History().Select(version => int.Parse(version.Notes, CultureInfo.InvariantCulture))];
                    Assert.Equal(there.OrderDescending(), there);
                    Assert.Equal(log.Count - 1, there[0]);
                    // Where the clock has gone back, nothing is decided.
                    foreach (int kept in there.Where(_ => log.Count == 1 || log[^2] <= now))
                        Assert.True(Since(log, log.FindIndex(kept, dated => dated <= now), now) >= now - Days, $"{kept} stays for ever");
                    foreach (int gone in before.Except(there))
                        Assert.True(real - truth[gone] > Days || Since(log, gone, now) < now - Days, $"{gone} went before its time");
                    before = [.. there];
                }
            }));

    // The latest date up to a version that a clock does not prove wrong.
    private static int Since(List<int> log, int version, int now) => log.Take(version + 1).Where(dated => dated <= now).DefaultIfEmpty(int.MinValue).Max();

    private void Move(int day) => _clock.AdjustTime(s_start.AddDays(day));

    private void Edit(int day, string notes, Guid? id = null)
    {
        Move(day);
        _test.Write(writer => writer.Edit(id ?? _id, new EntryEdit { Notes = notes }));
    }

    private IEnumerable<(int Day, string Notes)> History() =>
        _test.Vault.History(_id).Select(version => ((int)(version.Replaced - s_start).TotalDays, _test.Vault.ReadSecret(version).Notes));
}
