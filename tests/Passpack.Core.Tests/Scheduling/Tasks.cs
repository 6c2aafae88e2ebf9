using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Scheduling;

namespace Passpack.Core.Tests.Scheduling;

/// <summary>Tasks of every kind, with values that try every dialect's quoting.</summary>
internal static class Tasks
{
    private static readonly string[] s_pieces =
        ["a", "Z", "0", " ", "  ", "'", "\"", "\\", "\\\\", "%", "%%", "%h", "$", "$$", "${HOME}", "`id`", "$(id)", ";", "&&", "|", "<", ">", "&amp;", "]]>", "#", "!", "~", "*", "?", "[", "{", "^",
         "\\n", "\\x41", "\\'", "\\%", "%\\", "\"\\", "@", "-", "--", "/", "C:\\", ":", "é", "名", "🔐", "\u00A0", "=", ",", "."];

    public static readonly DailySchedule Hourly = DailySchedule.Create(TimeSpan.FromHours(1), TimeSpan.FromMinutes(7));

    public static Gen<string> Value { get; } =
        from pieces in Gen.Elements(s_pieces).ArrayOf().Resize(12)
        select pieces.Length == 0 ? "x" : string.Concat(pieces);

    public static Gen<DailySchedule> Schedule { get; } =
        from every in Gen.Elements(1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
        from at in Gen.Choose(0, (24 * 60) - 1)
        select DailySchedule.Create(TimeSpan.FromMinutes(every), TimeSpan.FromMinutes(at));

    public static Gen<SyncTask> Task { get; } =
        from userId in Value
        from folder in Value
        from script in Value
        from schedule in Schedule
        from tags in Gen.Elements(true, false)
        from favorites in Gen.Elements(true, false)
        from policy in Gen.Elements(null, "Newest", "Stop")
        from timeout in Gen.Elements(0, 1, 3600)
        from library in Gen.Elements(null, "/tools/7.6.9/it's 50% of $HOME/pwsh.dll")
        select Of(userId) with
        {
            PowerShell = new PowerShellProgram("/bin/true", library),
            DataFolder = "/data/" + folder,
            Script = $"/module {script}/Sync-PasspackTask.ps1",
            Schedule = schedule,
            ExcludeTags = tags,
            ExcludeFavorites = favorites,
            ConflictPolicy = policy,
            TimeoutSec = timeout,
        };

    public static SyncTask Of(string userId, string name = "passpack-sync-a-0123456789ab") => new()
    {
        Name = name,
        UserId = userId,
        DataFolder = "/data",
        PowerShell = new PowerShellProgram("/bin/true", null),
        Script = "/module/Sync-PasspackTask.ps1",
        Schedule = Hourly,
    };

    public static Exception Refused(Func<object?> action) => Assert.Throws<ArgumentException>(action);
}

/// <summary>Programs that are not run: what they were told, and what they are to answer.</summary>
internal sealed class RecordedCommands : ICommands
{
    public List<(string Line, byte[]? Input)> Ran { get; } = [];

    public Func<string, CommandResult> Answer { get; set; } = _ => new CommandResult(0, [], "");

    public IEnumerable<string> Lines => Ran.Select(one => one.Line);

    public CommandResult Run(string program, IReadOnlyList<string> arguments, byte[]? input = null)
    {
        string line = string.Join(' ', arguments.Prepend(program));
        Ran.Add((line, input));
        return Answer(line);
    }

    public static CommandResult Says(string text) => new(0, Encoding.UTF8.GetBytes(text), "");
}
