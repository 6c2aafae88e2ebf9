using System.Reflection;
using Mono.Cecil;

namespace Passpack.PowerShell.Tests;

/// <summary>Where the build put things.</summary>
internal static class Built
{
    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string ModuleFolder { get; } = Metadata("ModuleFolder");

    public static string Configuration { get; } = Metadata("Configuration");

    public static string Version { get; } = Metadata("Version");

    public static string TestResults { get; } = Path.Combine(RepositoryRoot, "out", "test-results");

    public static string Server { get; } = Output("src/Passpack.Server", "net10.0", "Passpack.Server.dll");

    public static string ConflictingModule { get; } = Output("tests/Passpack.ConflictingModule", "net8.0", "Passpack.ConflictingModule.dll");

    public static string TestCmdlets { get; } = Output("tests/Passpack.TestCmdlets", "net8.0", "Passpack.TestCmdlets.dll");

    public static string LegacyVaults { get; } = Output("tests/Passpack.LegacyVaults", "net10.0", "Passpack.LegacyVaults.dll");

    public static string TransferSamples { get; } = Output("tests/Passpack.TransferSamples", "net10.0", "Passpack.TransferSamples.dll");

    public static string PesterFolder { get; } = Passpack.Testing.RealShell.ModuleFolder("Pester", Metadata("PesterVersion"));

    public static ModuleDefinition PowerShell { get; } = Read(Path.Combine(ModuleFolder, "Passpack.PowerShell.dll"));

    public static ModuleDefinition Core { get; } = Read(Path.Combine(ModuleFolder, "deps", "Passpack.Core.dll"));

    public static ModuleDefinition Protocol { get; } = Read(Path.Combine(ModuleFolder, "deps", "Passpack.Protocol.dll"));

    /// <summary>Names of the assemblies in <c>deps/</c>.</summary>
    public static IReadOnlySet<string> Dependencies { get; } =
        Directory.GetFiles(Path.Combine(ModuleFolder, "deps"), "*.dll").Select(path => Path.GetFileNameWithoutExtension(path)!).ToHashSet();

    public static ModuleDefinition Read(string path) => ModuleDefinition.ReadModule(path);

    private static string Output(string project, string framework, string file) =>
        Path.Combine(RepositoryRoot, project, "bin", Configuration, framework, file);

    private static string Metadata(string key) =>
        typeof(Built).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
