using System.Runtime.CompilerServices;

namespace Passpack.Testing;

/// <summary>
/// Hundreds of shells and servers are started by the tests, and end after seconds. Instrumented code, which .NET makes to compile what runs long once more and
/// better, costs such a process a fifth of its time and brings it nothing. The test program itself goes without by Directory.Build.props.
/// </summary>
internal static class ShortRuns
{
    private const string Variable = "DOTNET_TieredPGO";

    [ModuleInitializer]
    internal static void Use()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
            Environment.SetEnvironmentVariable(Variable, "0");
    }
}
