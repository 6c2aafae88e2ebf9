using Passpack.Server.Verbs;

namespace Passpack.Server.Tests.Support;

/// <summary>The program's verbs, in this process.</summary>
internal static class VerbRun
{
    public static async Task<(int ExitCode, string[] Output, string[] Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = await CommandLine.RunAsync(args, output, error);
        return (exitCode, Lines(output), Lines(error));
    }

    private static string[] Lines(StringWriter text) => text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
