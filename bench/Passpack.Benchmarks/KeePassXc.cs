using System.Diagnostics;
using Passpack.Scheduling;

namespace Passpack.Benchmarks;

/// <summary>Debian's <c>keepassxc-cli</c>.</summary>
internal static class KeePassXc
{
    private const string Program = "keepassxc-cli";

    /// <summary>Why it cannot be run here, or null.</summary>
    public static string? Missing => Programs.Find(Program) is null ? $"{Program} is not on PATH" : null;

    /// <summary>Runs one command to its end. The password goes in by standard input, twice where it is set.</summary>
    public static void Run(string password, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["QT_QPA_PLATFORM"] = "offscreen";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Program} does not start.");
        process.StandardInput.Write($"{password}\n{password}\n");
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.BaseStream.CopyTo(Stream.Null);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Program} {arguments[0]}: {error.Result}");
    }
}
