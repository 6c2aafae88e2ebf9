using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>The README's one command, in processes of its own. Only the build is left out: it is this test's own.</summary>
[Trait("Pace", "Slow")]
public sealed class QuickStartTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("passpack-quickstart-test-");

    private string Folder => Path.Combine(_work.FullName, "to [look] at");

    public void Dispose() => _work.Delete(recursive: true);

    /// <summary>A machine with nothing but the SDK: not even dotnet is on PATH.</summary>
    [Fact]
    public async Task Without_a_PATH_it_does_the_main_job_in_the_restored_shell()
    {
        Assert.Contains("dotnet run -c Release --project samples/QuickStart", File.ReadAllLines(Path.Combine(Built.RepositoryRoot, "README.md")));
        string sample = File.ReadAllText(Path.Combine(Built.RepositoryRoot, "samples", "entries.csv"));
        File.WriteAllText(Path.Combine(_work.FullName, "mine.csv"), $"{sample}\"Broken\",\"\",\"\",\"\",\"\",\"\",\"{{broken\",\"\",\"\"\n");

        ProcessResult result = await Run(["mine.csv", "to [look] at"], ("PATH", ""));

        Assert.True(result.ExitCode == 0, result.Output);
        string shown = result.Output.ReplaceLineEndings("\n");
        Assert.Equal(
            ["changes.json", "home-a", "home-b", "machine-a.csv", "machine-a.json", "machine-b.csv", "server"],
            new DirectoryInfo(Folder).GetFileSystemInfos().Select(info => info.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            [
                ("Company mail", "notes edited on machine A"),
                ("Bank", "email edited on machine B"),
                ("Größe 密码 🔐", "notes edited on both machines: the newer edit, machine B's, wins"),
                ("  spaces are kept  ", "deleted online from machine B: gone from both machines"),
                ("Only a name", "tag and favorite set online from machine A"),
                ("Added on machine B", "new on machine B"),
            ],
            Read("changes.json").Select(change => (change.GetProperty("name").GetString(), change.GetProperty("change").GetString())));

        Dictionary<string, JsonElement> entries = Read("machine-a.json")
            .Where(entry => Field(entry, "Entry Name") != "Web server") // There are three.
            .ToDictionary(entry => Field(entry, "Entry Name"));
        Assert.Equal(["Added on machine B", "Bank", "Company mail", "Größe 密码 🔐", "Only a name", "VPN", "Wi-Fi, guests"], entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("edited on machine A", Field(entries["Company mail"], "Notes"));
        Assert.Equal("edited-on-b@example.com", Field(entries["Bank"], "Email"));
        Assert.Equal("edited on machine B, a moment later", Field(entries["Größe 密码 🔐"], "Notes"));
        Assert.Contains("Shared", Field(entries["Only a name"], "Tags"), StringComparison.Ordinal);
        Assert.True(entries["Only a name"].GetProperty("Favorite").GetBoolean());
        Assert.False(entries["VPN"].GetProperty("Favorite").GetBoolean());

        string onA = File.ReadAllText(Path.Combine(Folder, "machine-a.csv"));
        string onB = File.ReadAllText(Path.Combine(Folder, "machine-b.csv"));
        Assert.All(new[] { onA, onB }, text => Assert.Equal(10, text.Split('\n').Count(line => line.Contains("\"{\"\"extraFields", StringComparison.Ordinal))));
        Assert.Contains("Two Words", onA, StringComparison.Ordinal);
        Assert.DoesNotContain("Two Words", onB, StringComparison.Ordinal); // The emergency took what only this machine knew.
        Assert.Contains("Shared", onB, StringComparison.Ordinal);

        // Each command, and then its output.
        Assert.Matches(@"Format-List Row, Reason\n\s*Row    : 11\nReason : Row 11 \(line \d+\): Tags", shown);
        Assert.Matches(@"PS> New-PasspackAccount -Server .*\n(.*\n){1,4}anna@example\.com +unlocked", shown);
        Assert.Matches(@"PS> Sync-PasspackVault\n(.*\n){1,4}anna@example\.com +just now +10 pushed", shown);
        Assert.Matches(@"PS> \(Sync-PasspackVault -ExcludeTags\)\.Changes\n(.*\n){1,9}! Conflict +Größe", shown);
        Assert.Matches(@"PS> try \{ Unlock-PasspackVault .*\nPackingKeyMismatch: ", shown);
        Assert.Contains($"Everything lies in {Folder}, the exports with every password in clear text.", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stops_it_is_told_and_is_its_exit_code()
    {
        File.WriteAllText(Folder, "");
        File.Copy(Path.Combine(Built.RepositoryRoot, "samples", "entries.csv"), Path.Combine(_work.FullName, "mine.csv"));
        ProcessResult result = await Run(["mine.csv", "to [look] at"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(Folder, result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "There is no file")]
    [InlineData("name,url,username,password\na,b,c,d\n", "is not in Passpack's modern CSV layout")]
    public async Task A_CSV_that_cannot_be_imported_is_told_before_anything_is_set_up(string? csv, string said)
    {
        if (csv is not null)
            File.WriteAllText(Path.Combine(_work.FullName, "mine.csv"), csv);
        ProcessResult result = await Run(["mine.csv", "to [look] at"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(said, result.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder));
    }

    private Task<ProcessResult> Run(string[] arguments, params (string Name, string Value)[] environment)
    {
        string dotnet = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        string project = Path.Combine(Built.RepositoryRoot, "samples", "QuickStart");
        var start = new ProcessStartInfo(Path.GetFullPath(dotnet), ["run", "--no-build", "-c", Built.Configuration, "--project", project, "--", .. arguments])
        {
            WorkingDirectory = _work.FullName,
        };
        return ProcessResult.Run(start, Limit, environment);
    }

    private List<JsonElement> Read(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, file)));
        return [.. document.RootElement.Clone().EnumerateArray()];
    }

    private static string Field(JsonElement entry, string name) => entry.GetProperty(name).GetString()!;
}
