using Passpack.Testing;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>tests/pester in a real PowerShell, one row and one process a file, against the module that was built.</summary>
public sealed class PesterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(Built.RepositoryRoot, "tests", "pester"), "*.Tests.ps1").Select(path => Path.GetFileName(path)).Order()];

    [Theory, MemberData(nameof(Files))]
    public async Task Pester(string file)
    {
        PesterRun run = await PesterRun.Start(file, Limit);
        Assert.True(run.Succeeded, run.Describe());
    }

    /// <summary>A machine with nothing but the SDK.</summary>
    [Fact]
    public async Task Without_pwsh_on_PATH_the_tool_of_the_manifest_is_the_shell()
    {
        ProcessResult found = await ProcessResult.Run(
            RealShell.Start(["-NoProfile", "-NonInteractive", "-Command", "\"$($PSVersionTable.PSVersion)\""], path: ""), Limit);
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
            RealShell.Start(["-NoProfile", "-NonInteractive", "-Command", $"Import-Module '{Built.ModuleFolder}/Passpack.psd1'\n{script}"], path: ""), Limit);
        Assert.Equal("True", found.Output.Trim());
    }
}
