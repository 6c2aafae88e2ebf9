using System.Reflection;
using System.Runtime.Loader;

namespace Passpack.PowerShell;

/// <summary>Loads the assemblies and native libraries in <c>deps/</c>, and leaves all others to PowerShell.</summary>
internal sealed class DependencyContext(string folder) : AssemblyLoadContext("Passpack")
{
    private readonly AssemblyDependencyResolver resolver = new(Path.Combine(folder, "Passpack.Core.dll"));

    protected override Assembly? Load(AssemblyName assemblyName) =>
        resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;

    protected override IntPtr LoadUnmanagedDll(string unmanagedDllName) =>
        resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : IntPtr.Zero;
}
