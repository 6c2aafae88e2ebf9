using Passpack.Testing;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>
/// tests/pester in a real PowerShell, one row and one process a file, against the module that was built. xunit runs classes beside each other, rows of one class one after
/// another: the files are dealt to four classes by their first letters, whose times are alike in pairs.
/// </summary>
public abstract class PesterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    // Of the quick selection (CONTRIBUTING.md): the ways that every user takes, in a minute.
    private static readonly string[] s_quick = ["Entry", "EntryFile", "Readme", "Sync"];

    /// <summary>README.md promises its examples to a machine without pwsh as well: they always run in the tool's shell.</summary>
    protected static async Task Passes(string file)
    {
        PesterRun run = await PesterRun.Start(file, file == "Readme.Tests.ps1" ? "" : Environment.GetEnvironmentVariable("PATH"), Limit);
        foreach (string skipped in run.Skipped)
            TestContext.Current.AddWarning(skipped);
        Assert.True(run.Succeeded, run.Describe());
    }

    /// <summary>The files whose first letter comes after one and not after the other.</summary>
    protected static TheoryData<string> Between(char after, char to) =>
        [.. Directory.GetFiles(Path.Combine(Built.RepositoryRoot, "tests", "pester"), "*.Tests.ps1").Select(path => Path.GetFileName(path))
            .Where(file => file[0] > after && file[0] <= to).Order(StringComparer.Ordinal)
            .Select(file => new TheoryDataRow<string>(file).WithTrait("Pace", s_quick.Contains(file[..^".Tests.ps1".Length]) ? "Quick" : "Slow"))];
}

public sealed class PesterTestsToD : PesterTests
{
    public static TheoryData<string> Files => Between('\0', 'D');

    [Theory, MemberData(nameof(Files))]
    public Task Pester(string file) => Passes(file);
}

public sealed class PesterTestsToL : PesterTests
{
    public static TheoryData<string> Files => Between('D', 'L');

    [Theory, MemberData(nameof(Files))]
    public Task Pester(string file) => Passes(file);
}

public sealed class PesterTestsToR : PesterTests
{
    public static TheoryData<string> Files => Between('L', 'R');

    [Theory, MemberData(nameof(Files))]
    public Task Pester(string file) => Passes(file);
}

public sealed class PesterTestsToZ : PesterTests
{
    public static TheoryData<string> Files => Between('R', char.MaxValue);

    [Theory, MemberData(nameof(Files))]
    public Task Pester(string file) => Passes(file);
}

public sealed class RealShellTests
{
    /// <summary>A machine with nothing but the SDK.</summary>
    [Fact]
    public async Task Without_pwsh_on_PATH_the_tool_of_the_manifest_is_the_shell()
    {
        ProcessResult found = await ProcessResult.Run(
            RealShell.Start(["-NoProfile", "-NonInteractive", "-Command", "\"$($PSVersionTable.PSVersion)\""], path: ""), TimeSpan.FromMinutes(5));
        Assert.Equal("7.6.9", found.Output.Trim());
    }

    /// <summary>What a scheduled task would be told of that shell starts it again.</summary>
    [Fact]
    public async Task Without_pwsh_on_PATH_a_task_runs_the_tool_of_the_manifest()
    {
        const string script = """
            $found = [Reflection.Assembly]::Load('Passpack.Core').GetType('Passpack.Scheduling.PowerShellProgram')::In($PSHOME, [Environment]::ProcessPath, '')
            $start = @($found.Library)
            & $found.Program @start -NoProfile -NonInteractive -Command "`"`$PSHOME`" -eq '$PSHOME'"
            """;
        ProcessResult found = await ProcessResult.Run(
            RealShell.Start(["-NoProfile", "-NonInteractive", "-Command", $"Import-Module '{Built.ModuleFolder}/Passpack.psd1'\n{script}"], path: ""), TimeSpan.FromMinutes(5));
        Assert.Equal("True", found.Output.Trim());
    }
}
