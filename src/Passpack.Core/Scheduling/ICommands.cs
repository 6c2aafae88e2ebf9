using System.ComponentModel;
using System.Diagnostics;
using Passpack.Protocol;

namespace Passpack.Scheduling;

/// <summary>Runs the platform's programs that control schedulers. A seam, so that tests cover platforms on which they do not run.</summary>
internal interface ICommands
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">A name for <see cref="Programs.Find"/>.</param>
    /// <param name="arguments">Never a secret: other users may see them.</param>
    /// <param name="input">For its standard input.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SchedulerFailed"/>: there is no such program.</exception>
    CommandResult Run(string program, IReadOnlyList<string> arguments, byte[]? input = null);
}

/// <summary>How a program ended.</summary>
internal sealed record CommandResult(int ExitCode, byte[] Output, string Errors)
{
    /// <summary>Requires exit code 0.</summary>
    public CommandResult Require(string program) => ExitCode == 0 ? this : throw new PasspackException(ErrorCodes.SchedulerFailed,
        $"{program} ended with {ExitCode}: {(Errors.Trim() is { Length: > 0 } said ? said : ProgramText.Decode(Output, ProgramText.CodePage()).Trim())}");
}

/// <summary>The real ones.</summary>
internal sealed class Commands : ICommands
{
    public CommandResult Run(string program, IReadOnlyList<string> arguments, byte[]? input = null)
    {
        string path = Programs.Find(program) ?? throw new PasspackException(ErrorCodes.SchedulerFailed,
            $"There is no program {program} in {(OperatingSystem.IsWindows() ? "the system folder" : "the folders that PATH names by absolute paths")}.");
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Start(start);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        Task read = process.StandardOutput.BaseStream.CopyToAsync(output);
        try
        {
            using Stream standardInput = process.StandardInput.BaseStream;
            standardInput.Write(input ?? []);
        }
        catch (IOException)
        {
            // The program ended before it had read all input; its exit code says why.
        }
        read.GetAwaiter().GetResult();
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output.ToArray(), errors.GetAwaiter().GetResult());
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new PasspackException(ErrorCodes.SchedulerFailed, $"{start.FileName} could not be run: {e.Message}.", e);
        }
    }
}
