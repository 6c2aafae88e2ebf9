using Passpack.EndToEnd.Tests.Support;
using Xunit.Runner.InProc.SystemConsole;

namespace Passpack.EndToEnd.Tests;

/// <summary>The test runner; or, started with a job in its environment, another process that uses the same vault.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => Worker.Job is { } job ? Worker.RunAsync(job) : ConsoleRunner.Run(args);
}
