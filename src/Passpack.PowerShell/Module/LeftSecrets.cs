using System.Runtime.CompilerServices;
using Passpack.Automation.Running;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>Erases the files of secrets that killed processes left, at every import.</summary>
internal static class LeftSecrets
{
    private static readonly EnumerationOptions s_visible = new() { IgnoreInaccessible = true };

    /// <summary>Looks for them; only if there are some, Core is loaded, which an import does not need otherwise.</summary>
    public static void Sweep()
    {
        string home = Environment.GetEnvironmentVariable(DataFolder.EnvironmentVariable) is { Length: > 0 } given ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "Passpack");
        string[] places = [Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "", "/dev/shm", Path.Combine(home, "run")];
        if (Array.Exists(places, place => Directory.Exists(place) && Directory.EnumerateDirectories(place, SecretFolder.NamePrefix + "*", s_visible).Any()))
            Erase();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Erase()
    {
        try
        {
            SecretFolder.SweepAll(DataFolder.Current);
        }
        catch (ArgumentException)
        {
            // PASSPACK_HOME is invalid: every cmdlet says so, and an import must not fail for it.
        }
    }
}
