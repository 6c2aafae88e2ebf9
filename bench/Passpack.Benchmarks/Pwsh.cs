using System.Diagnostics;
using Passpack.Testing;

namespace Passpack.Benchmarks;

/// <summary>A PowerShell process of its own, and the module as the Release build laid it out.</summary>
internal static class Pwsh
{
    public static string Module { get; } = Path.Combine(Root(), "out", "Passpack", "Passpack.psd1");

    /// <summary>What a script prints.</summary>
    public static string Run(string script, string? home = null)
    {
        ProcessStartInfo start = RealShell.Start(["-NoProfile", "-NonInteractive", "-Command", script]);
        start.RedirectStandardOutput = true;
        if (home is not null)
            start.Environment["PASSPACK_HOME"] = home;
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"pwsh ended with {process.ExitCode}: {output}");
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "PasspackPS.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? "";
    }
}
