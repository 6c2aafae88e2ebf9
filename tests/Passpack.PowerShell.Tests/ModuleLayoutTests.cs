using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>What lies in out/Passpack: all that is needed, and no baggage.</summary>
public sealed class ModuleLayoutTests
{
    private static readonly string[] Expected =
    [
        "LICENSE", "Passpack.Extension/Passpack.Extension.psd1", "Passpack.Extension/Passpack.Extension.psm1", "Passpack.Format.ps1xml", "Passpack.PowerShell.dll", "Passpack.Types.ps1xml", "Passpack.psd1", "Sync-PasspackTask.ps1",
        "deps/BouncyCastle.Cryptography.dll", "deps/CsvHelper.dll", "deps/Microsoft.Data.Sqlite.dll", "deps/Passpack.Core.deps.json",
        "deps/Passpack.Core.dll", "deps/Passpack.Protocol.dll", "deps/Polly.Core.dll", "deps/QRCoder.dll", "deps/SQLitePCLRaw.batteries_v2.dll",
        "deps/SQLitePCLRaw.core.dll", "deps/SQLitePCLRaw.provider.e_sqlite3.dll", "deps/System.Security.Cryptography.ProtectedData.dll",
        "deps/runtimes/linux-arm64/native/libe_sqlite3.so", "deps/runtimes/linux-musl-x64/native/libe_sqlite3.so",
        "deps/runtimes/linux-x64/native/libe_sqlite3.so", "deps/runtimes/osx-arm64/native/libe_sqlite3.dylib",
        "deps/runtimes/osx-x64/native/libe_sqlite3.dylib", "deps/runtimes/win-arm64/native/e_sqlite3.dll",
        "deps/runtimes/win-x64/native/e_sqlite3.dll",
    ];

    private static IEnumerable<string> Actual =>
        Directory.GetFiles(Built.ModuleFolder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Built.ModuleFolder, path).Replace('\\', '/'));

    [Fact]
    public void The_module_holds_these_files_and_its_help() =>
        Assert.Equal(Expected.Order(StringComparer.Ordinal), Actual.Where(path => !IsHelp(path)).Order(StringComparer.Ordinal));

    [Fact]
    public void Help_is_there() => Assert.Contains(Actual, IsHelp);

    [Fact]
    public void The_dependency_list_names_no_native_that_is_not_there()
    {
        // The resolver refuses the whole list when a file that it names for this platform is missing.
        string list = File.ReadAllText(Path.Combine(Built.ModuleFolder, "deps", "Passpack.Core.deps.json"));
        using var json = System.Text.Json.JsonDocument.Parse(list);
        IEnumerable<string> natives =
            from library in json.RootElement.GetProperty("targets").EnumerateObject().SelectMany(target => target.Value.EnumerateObject())
            where library.Value.TryGetProperty("runtimeTargets", out _)
            from native in library.Value.GetProperty("runtimeTargets").EnumerateObject()
            select "deps/" + native.Name;
        Assert.Equal(Expected.Where(path => path.Contains("/native/", StringComparison.Ordinal)), natives.Order(StringComparer.Ordinal));
    }

    private static bool IsHelp(string path) => path.StartsWith("en-US/", StringComparison.Ordinal);
}
