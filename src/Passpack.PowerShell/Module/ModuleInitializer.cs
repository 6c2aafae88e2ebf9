using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace Passpack.PowerShell;

/// <summary>
/// Makes the assemblies in <c>deps/</c> loadable. PowerShell neither searches there nor reads deps.json. Assemblies that PowerShell loads are shared
/// by all modules of the process, so our SQLite would conflict with another module's.
/// </summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    private static int hooked;

    /// <summary>Runs once for every import in every runspace of the process; the hook is needed once.</summary>
    public void OnImport()
    {
        if (Interlocked.Exchange(ref hooked, 1) == 0)
            Hook();
        LeftSecrets.Sweep();
    }

    private static void Hook()
    {
        Assembly self = typeof(ModuleInitializer).Assembly;
        var dependencies = new DependencyContext(Path.Combine(Path.GetDirectoryName(self.Location)!, "deps"));
        // The resolving event does not tell which module asks. So it answers only for our own names; their dependencies are then resolved by the
        // private context in which they were loaded.
        AssemblyLoadContext.GetLoadContext(self)!.Resolving += (_, name) =>
            name.Name is "Passpack.Core" or "Passpack.Protocol" ? dependencies.LoadFromAssemblyName(name) : null;
    }
}
