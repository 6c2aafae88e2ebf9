using System.Diagnostics;

namespace Passpack.PowerShell.Tests;

/// <summary>A process that ended, or was ended because its time was up.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, bool TimedOut)
{
    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProcessResult> Run(ProcessStartInfo start, TimeSpan limit, params (string Name, string Value)[] environment)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        return await Finish(process, limit);
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
