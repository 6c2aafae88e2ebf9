using FsCheck.Fluent;
using Passpack.Scheduling;

namespace Passpack.Core.Tests.Scheduling;

public sealed class DailyScheduleTests
{
    [Theory]
    [InlineData("00:15", "00:07", "7,22,37,52", null)]
    [InlineData("00:15", "13:40", "10,25,40,55", null)]
    [InlineData("01:00", "00:00", "0", null)]
    [InlineData("06:00", "03:30", "30", "3,9,15,21")]
    [InlineData("06:00", "21:30", "30", "3,9,15,21")]
    [InlineData("1.00:00", "23:59", "59", "23")]
    public void It_runs_at_these_times(string every, string at, string minutes, string? hours)
    {
        DailySchedule schedule = DailySchedule.Create(TimeSpan.Parse(every, null), TimeSpan.Parse(at, null));
        Assert.Equal(minutes, string.Join(',', schedule.Minutes));
        Assert.Equal(hours, schedule.Hours is null ? null : string.Join(',', schedule.Hours));
    }

    [Fact]
    public void Its_times_are_evenly_apart_and_say_what_it_is() => Prop.ForAll(Tasks.Schedule.ToArbitrary(), schedule =>
    {
        int[] times = [.. from hour in schedule.Hours ?? [.. Enumerable.Range(0, 24)] from minute in schedule.Minutes select (hour * 60) + minute];
        Assert.Equal((24 * 60) / (int)schedule.Every.TotalMinutes, times.Length);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(schedule.Every.TotalMinutes, pair.Second - pair.First));
        Assert.Equal(schedule.First.TotalMinutes, times[0]);
        Assert.Equal(schedule, DailySchedule.Of(schedule.Minutes, schedule.Hours));
    }).Holds();

    [Theory]
    [InlineData("00:07")]
    [InlineData("00:00")]
    [InlineData("-01:00")]
    [InlineData("00:00:30")]
    [InlineData("01:30")]
    [InlineData("05:00")]
    [InlineData("2.00:00")]
    public void Another_distance_is_refused_with_those_that_serve(string every)
    {
        Exception error = Tasks.Refused(() => DailySchedule.Create(TimeSpan.Parse(every, null), TimeSpan.Zero));
        Assert.Contains("minutes that divide an hour", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("24:00:01")]
    [InlineData("-00:01")]
    public void What_is_no_time_of_a_day_is_refused(string at) =>
        Tasks.Refused(() => DailySchedule.Create(TimeSpan.FromHours(1), at == "24:00:01" ? TimeSpan.FromSeconds(86401) : TimeSpan.Parse(at, null)));

    [Fact]
    public void Times_that_somebody_wrote_by_hand_are_no_schedule()
    {
        Assert.Null(DailySchedule.Of([0, 7], null));
        Assert.Null(DailySchedule.Of([60], null));
        Assert.Null(DailySchedule.Of([0], [1, 2]));
        Assert.Null(DailySchedule.Of([], null));
    }
}
