using System.ComponentModel;
using System.Diagnostics;

namespace Passpack.PowerShell.Tests;

/// <summary>A process that ended, or was ended because its time was up.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, bool TimedOut)
{
    /// <summary>Null when there is no such program.</summary>
    public static async Task<ProcessResult?> TryRun(
        string program, IEnumerable<string> arguments, TimeSpan limit, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        try
        {
            using Process process = Process.Start(start)!;
            return await Finish(process, limit);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static async Task<ProcessResult> Finish(Process process, TimeSpan limit)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(limit);
        bool timedOut = false;
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            timedOut = true;
            process.Kill(entireProcessTree: true); // The server that a test started, too.
            await process.WaitForExitAsync(CancellationToken.None);
        }
        return new ProcessResult(process.ExitCode, await output + await errors, timedOut);
    }
}
