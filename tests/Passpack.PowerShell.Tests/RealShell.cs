using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Passpack.Scheduling;

namespace Passpack.Testing;

/// <summary>
/// The PowerShell that tests and benchmarks run in: <c>pwsh</c> on PATH, else the tool of .config/dotnet-tools.json, which the build restores and, where
/// it can, compiles (tools/Passpack.Shell). The tool's program is started directly: through <c>dotnet pwsh</c> a process of dotnet would stand between,
/// and be the one that a test kills.
/// </summary>
internal static class RealShell
{
    /// <summary>A process of that shell, not started yet.</summary>
    /// <param name="arguments">Arguments of PowerShell.</param>
    /// <param name="path">The PATH to search.</param>
    public static ProcessStartInfo Start(IEnumerable<string> arguments, string? path)
    {
        if (Programs.FindOnPath(path, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh") is { } own)
            return new ProcessStartInfo(own, arguments);
        // Found as a scheduled task finds the shell that it is registered from.
        PowerShellProgram tool = (ToolFolder() is { } folder
            ? PowerShellProgram.In(folder, Environment.ProcessPath, $"{path}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}") : null)
            ?? throw new FileNotFoundException("There is no PowerShell: run 'dotnet tool restore' in the repository's root.");
        return new ProcessStartInfo(tool.Program, tool.Library is { } library ? [library, .. arguments] : arguments);
    }

    /// <inheritdoc cref="Start(IEnumerable{string}, string?)"/>
    public static ProcessStartInfo Start(IEnumerable<string> arguments) => Start(arguments, Environment.GetEnvironmentVariable("PATH"));

    /// <summary>A module that is restored as a package (PackageDownload): its folder.</summary>
    public static string ModuleFolder(string package, string version) => Path.Combine(Packages, package.ToLowerInvariant(), version, "tools");

    private static string Packages => typeof(RealShell).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "PackagesFolder").Value!;

    private static string RepositoryRoot => typeof(RealShell).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    private static string? ToolFolder()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryRoot, ".config", "dotnet-tools.json")));
        string version = manifest.RootElement.GetProperty("tools").GetProperty("powershell").GetProperty("version").GetString()!;
        string compiled = Path.Combine(RepositoryRoot, "out", "shell", version);
        if (Directory.Exists(compiled))
            return compiled;
        string tools = Path.Combine(Packages, "powershell", version, "tools");
        string platform = OperatingSystem.IsWindows() ? "win" : "unix";
        return Directory.Exists(tools)
            ? Directory.GetFiles(tools, "pwsh.dll", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!).SingleOrDefault(folder => Path.GetFileName(folder) == platform)
            : null;
    }
}
