using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>tests/pester in a real PowerShell, one row and one process a file, against the module that was built.</summary>
public sealed class PesterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Why the suite cannot run here, or null.</summary>
    private static readonly Lazy<Task<string?>> Missing = new(FindMissing);

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(Built.RepositoryRoot, "tests", "pester"), "*.Tests.ps1").Select(path => Path.GetFileName(path)).Order()];

    [Theory, MemberData(nameof(Files))]
    public async Task Pester(string file)
    {
        if (await Missing.Value is { } missing)
            Assert.Skip(missing);
        PesterRun run = await PesterRun.Start(file, Limit);
        Assert.True(run.Succeeded, run.Describe());
    }

    private static async Task<string?> FindMissing()
    {
        const string version = "(Get-Module Pester -ListAvailable | Sort-Object Version -Descending)[0].Version.Major";
        ProcessResult? found = await ProcessResult.TryRun("pwsh", ["-NoProfile", "-NonInteractive", "-Command", version], Limit);
        if (found is null)
            return "The Pester suite did NOT run: pwsh is not on PATH.";
        return found.Output.Trim() == "5" ? null : $"The Pester suite did NOT run: pwsh has no Pester 5 (found: '{found.Output.Trim()}').";
    }
}
