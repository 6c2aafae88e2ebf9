using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace Passpack.PowerShell;

/// <summary>
/// Makes the assemblies in <c>deps/</c> loadable. PowerShell neither looks there nor reads deps.json, and what it loads itself is shared
/// with every other module of the process: our SQLite beside another module's would be a quarrel over one name.
/// </summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    private static int hooked;

    /// <summary>Runs once for every import in every runspace of the process; the hook is needed once.</summary>
    public void OnImport()
    {
        if (Interlocked.Exchange(ref hooked, 1) != 0)
            return;
        Assembly self = typeof(ModuleInitializer).Assembly;
        var dependencies = new DependencyContext(Path.Combine(Path.GetDirectoryName(self.Location)!, "deps"));
        // Resolving does not tell who asks. So it answers for our own names alone: whatever they need in turn is asked of the private
        // context, because that is where they live.
        AssemblyLoadContext.GetLoadContext(self)!.Resolving += (_, name) =>
            name.Name is "Passpack.Core" or "Passpack.Protocol" ? dependencies.LoadFromAssemblyName(name) : null;
    }
}
