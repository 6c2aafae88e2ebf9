using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace Passpack.Testing;

/// <summary>
/// The PowerShell that tests and benchmarks run in: <c>pwsh</c> on PATH, else the tool of .config/dotnet-tools.json, which the build restores. The
/// tool's program is started directly: through <c>dotnet pwsh</c> a process of dotnet would stand between, and be the one that a test kills.
/// </summary>
internal static class RealShell
{
    /// <summary>A process of that shell, not started yet.</summary>
    /// <param name="arguments">Arguments of PowerShell.</param>
    /// <param name="path">The PATH to search.</param>
    public static ProcessStartInfo Start(IEnumerable<string> arguments, string? path)
    {
        if (OnPath("pwsh", path) is { } program)
            return new ProcessStartInfo(program, arguments);
        string library = ToolLibrary() ?? throw new FileNotFoundException("There is no PowerShell: run 'dotnet tool restore' in the repository's root.");
        return new ProcessStartInfo(DotnetHost(path), [library, .. arguments]);
    }

    /// <inheritdoc cref="Start(IEnumerable{string}, string?)"/>
    public static ProcessStartInfo Start(IEnumerable<string> arguments) => Start(arguments, Environment.GetEnvironmentVariable("PATH"));

    /// <summary>A module that is restored as a package (PackageDownload): its folder.</summary>
    public static string ModuleFolder(string package, string version) => Path.Combine(Packages, package.ToLowerInvariant(), version, "tools");

    private static string Packages => typeof(RealShell).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "PackagesFolder").Value!;

    private static string RepositoryRoot => typeof(RealShell).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    private static string? ToolLibrary()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryRoot, ".config", "dotnet-tools.json")));
        string version = manifest.RootElement.GetProperty("tools").GetProperty("powershell").GetProperty("version").GetString()!;
        string tools = Path.Combine(Packages, "powershell", version, "tools");
        string platform = OperatingSystem.IsWindows() ? "win" : "unix";
        return Directory.Exists(tools)
            ? Directory.GetFiles(tools, "pwsh.dll", SearchOption.AllDirectories).SingleOrDefault(file => Path.GetFileName(Path.GetDirectoryName(file)) == platform)
            : null;
    }

    // The host that runs this process, where a host told; a test project may also have been started by its own program.
    private static string DotnetHost(string? path) =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
        ?? OnPath("dotnet", path)
        ?? OnPath("dotnet", Environment.GetEnvironmentVariable("PATH"))
        ?? "dotnet";

    private static string? OnPath(string name, string? path) => (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Where(Path.IsPathFullyQualified)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name))
        .FirstOrDefault(File.Exists);
}
