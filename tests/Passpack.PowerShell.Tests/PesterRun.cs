using System.Text;
using Passpack.Testing;

namespace Passpack.PowerShell.Tests;

/// <summary>
/// One file of tests/pester and what became of it. Its single tests are kept in out/test-results/pester-NAME.tsv, a line each: outcome, name and, of a
/// skipped test, the reason, separated by tabs.
/// The file is there only when it tells the whole story; then .ci/run counts its lines in place of this row, else the row.
/// </summary>
internal sealed class PesterRun
{
    private readonly ProcessResult _process;
    private readonly List<(string Outcome, string Name, string Message)> _tests;

    private PesterRun(ProcessResult process, List<(string Outcome, string Name, string Message)> tests)
    {
        _process = process;
        _tests = tests;
    }

    public bool Succeeded => Complete && _tests.All(test => test.Outcome != "Failed");

    /// <summary>Run.ps1 says by its exit code that it wrote everything down: 0 all well, 1 tests failed.</summary>
    private bool Complete => !_process.TimedOut && _tests.Count > 0
        && _process.ExitCode == (_tests.Any(test => test.Outcome == "Failed") ? 1 : 0);

    /// <summary>Names and reasons of the tests that were skipped.</summary>
    public IEnumerable<string> Skipped => _tests.Where(test => test.Outcome == "Skipped").Select(test => $"Skipped: {test.Name} ({test.Message})");

    /// <summary>Runs the file to its end.</summary>
    /// <param name="file">The name of a file of tests/pester.</param>
    /// <param name="path">The PATH that the shell is searched on.</param>
    /// <param name="limit">After it the shell is ended.</param>
    public static async Task<PesterRun> Start(string file, string? path, TimeSpan limit)
    {
        string folder = Path.Combine(Built.RepositoryRoot, "tests", "pester");
        string report = Path.Combine(Path.GetTempPath(), $"pester-{Guid.NewGuid():N}.tsv");
        Directory.CreateDirectory(Built.TestResults);
        string kept = Path.Combine(Built.TestResults, $"pester-{file.Replace(".Tests.ps1", "", StringComparison.Ordinal)}.tsv");
        File.Delete(kept);
        ProcessResult process = await ProcessResult.Run(
            RealShell.Start(["-NoProfile", "-NonInteractive", "-File", Path.Combine(folder, "Run.ps1"), "-Path", Path.Combine(folder, file), "-Report", report], path),
            limit,
            ("PASSPACK_TEST_PESTER", Path.Combine(Built.PesterFolder, "Pester.psd1")),
            ("PASSPACK_TEST_MODULE", Built.ModuleFolder), ("PASSPACK_TEST_SERVER", Built.Server),
            ("PASSPACK_TEST_CONFLICTING_MODULE", Built.ConflictingModule), ("PASSPACK_TEST_CMDLETS", Built.TestCmdlets),
            ("PASSPACK_TEST_LEGACYVAULTS", Built.LegacyVaults), ("PASSPACK_TEST_TRANSFERSAMPLES", Built.TransferSamples));
        var run = new PesterRun(process, Read(report));
        if (run.Complete)
            File.WriteAllLines(kept, run._tests.Select(test => test.Outcome == "Skipped" ? $"Skipped\t{test.Name}\t{test.Message}" : $"{test.Outcome}\t{test.Name}"));
        File.Delete(report);
        return run;
    }

    public string Describe()
    {
        var text = new StringBuilder();
        foreach ((string _, string name, string message) in _tests.Where(test => test.Outcome == "Failed"))
            text.Append(name).Append('\n').Append("    ").Append(message).Append('\n');
        if (!Complete)
            text.Append(_process.TimedOut ? "Its time was up.\n" : $"pwsh ended with {_process.ExitCode}.\n").Append(_process.Output);
        return text.ToString();
    }

    private static List<(string Outcome, string Name, string Message)> Read(string report) => !File.Exists(report) ? [] :
        [.. File.ReadAllLines(report).Select(line => line.Split('\t')).Select(cells => (cells[0], cells[1], cells[2]))];
}
