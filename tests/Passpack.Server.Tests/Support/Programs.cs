using System.Diagnostics;

namespace Passpack.Server.Tests.Support;

/// <summary>Programs of this machine, which some tests need.</summary>
internal static class Programs
{
    /// <summary>Where one is. Null if it is not there.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Runs one to its end.</summary>
    /// <returns>Its exit code, and all that it wrote.</returns>
    public static Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments) => RunAsync(program, arguments, "");

    /// <summary>Runs one to its end, which reads a text.</summary>
    /// <returns>Its exit code, and all that it wrote.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, string input)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
