using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Protocol;
using Passpack.Scheduling;

namespace Passpack.Core.Tests.Scheduling;

public sealed class CrontabTests
{
    private static readonly SyncTask s_first = Tasks.Of("anna", "passpack-sync-anna-000000000001");
    private static readonly SyncTask s_second = Tasks.Of("名 %h", "passpack-sync-000000000002");

    [Fact]
    public void Other_lines_are_kept_byte_for_byte()
    {
        Gen<byte[]> bytes = Gen.Elements("MAILTO=x\n", "# é\n", "\n", "* * * * * a\t%b \n", " \r\n", "\u00FF\n", "# Passpack sync task x: begin\n", "# Passpack sync task passpack-sync-anna-000000000001: end\n")
            .ArrayOf().Resize(8).Select(lines => Encoding.Latin1.GetBytes(string.Concat(lines)));
        Prop.ForAll(bytes.ToArbitrary(), before =>
        {
            Crontab both = new Crontab(before).With(s_first).With(s_second);
            Assert.Equal([s_first, s_second], both.Tasks().Select(task => task.Task));
            Assert.Equal(before, both.Without(s_first.Name)!.Without(s_second.Name)!.Bytes);
            Assert.Equal(before, both.Without(s_second.Name)!.Without(s_first.Name)!.Bytes);
            Assert.Equal(both.Bytes, both.With(s_first).With(s_second).Bytes);
            Assert.Null(new Crontab(before).Without(s_first.Name));
        }).Holds();
    }

    [Fact]
    public void A_task_is_replaced_in_its_place()
    {
        Crontab before = new Crontab("a\n"u8.ToArray()).With(s_first).With(s_second);
        SyncTask changed = s_first with { ExcludeTags = true };
        Crontab after = before.With(changed);
        Assert.Equal([changed, s_second], after.Tasks().Select(task => task.Task));
        Assert.Equal("a\n", Encoding.UTF8.GetString(after.Without(s_first.Name)!.Without(s_second.Name)!.Bytes));
    }

    [Fact]
    public void A_line_without_an_end_gets_one() =>
        Assert.StartsWith("* * * * * last\n# Passpack", Encoding.UTF8.GetString(new Crontab("* * * * * last"u8.ToArray()).With(s_first).Bytes), StringComparison.Ordinal);

    [Fact]
    public void A_marker_that_lost_its_other_half_takes_nothing_with_it()
    {
        byte[] before = Encoding.UTF8.GetBytes($"# Passpack sync task {s_first.Name}: begin\n0 1 * * * mine\n");
        Crontab with = new Crontab(before).With(s_first);
        Assert.Equal(before, with.Without(s_first.Name)!.Bytes);
    }

    [Fact]
    public void A_block_that_somebody_changed_is_still_found_and_removed()
    {
        byte[] changed = Encoding.UTF8.GetBytes($"# Passpack sync task {s_first.Name}: begin\n0 1 * * * mine\nX=1\n# Passpack sync task {s_first.Name}: end");
        RegisteredTask found = Assert.Single(new Crontab(changed).Tasks());
        Assert.Null(found.Task);
        Assert.Empty(new Crontab(changed).Without(s_first.Name)!.Bytes);
    }

    [Fact]
    public void No_crontab_is_an_empty_one_and_any_other_failure_is_told()
    {
        byte[] written = [];
        var commands = new RecordedCommands { Answer = line => line == "crontab -l" && written.Length == 0 ? new CommandResult(1, [], "no crontab for anna\n") : new CommandResult(0, written, "") };
        var scheduler = new CronScheduler(commands);
        Assert.Empty(scheduler.List());
        commands.Answer = line =>
        {
            if (line == "crontab -")
                written = commands.Ran[^1].Input!;
            return line == "crontab -l" && written.Length == 0 ? new CommandResult(1, [], "no crontab for anna\n") : new CommandResult(0, written, "");
        };
        Assert.Null(scheduler.Register(s_first));
        Assert.Equal(scheduler.Content(s_first), Encoding.UTF8.GetString(written));
        Assert.Equal([s_first], scheduler.List().Select(task => task.Task));
        Assert.True(scheduler.Unregister(s_first.Name));

        commands.Answer = _ => new CommandResult(1, [], "You (anna) are not allowed to use this program (crontab)\n");
        PasspackException error = Vault.Errors.Of(ErrorCodes.SchedulerFailed, () => scheduler.Register(s_first), "not allowed");
        Assert.DoesNotContain("crontab -", commands.Lines.TakeLast(1));
        Assert.Contains("crontab -l", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_writer_at_the_same_time_is_noticed()
    {
        var commands = new RecordedCommands { Answer = _ => RecordedCommands.Says("another's\n") };
        Vault.Errors.Of(ErrorCodes.SchedulerFailed, () => new CronScheduler(commands).Register(s_first), "changed by somebody else");
    }
}
