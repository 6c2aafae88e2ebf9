using System.Diagnostics;
using System.Globalization;
using Passpack.Vault.Files;

namespace Passpack.Automation.Running;

/// <summary>A process and all that it and its children started, as far as they still have it for an ancestor.</summary>
internal static class ProcessTree
{
    /// <summary>SIGINT: what a terminal sends at Ctrl+C.</summary>
    public const int Interrupted = 2;

    /// <summary>SIGTERM.</summary>
    public const int Terminated = 15;

    /// <summary>Sends a signal to each. Windows has none: there the processes are killed.</summary>
    public static void Signal(Process process, int signal)
    {
        if (process.HasExited)
            return;
        if (OperatingSystem.IsWindows())
        {
            process.Kill(entireProcessTree: true);
            return;
        }
        // The root first: else it might see a child end, and end by itself before the signal comes.
        foreach (int id in Descendants(process.Id).Append(process.Id).Reverse())
            _ = Posix.Kill(id, signal); // One that has ended meanwhile needs none.
    }

    /// <summary>The descendants, the deepest first. Empty where the platform does not tell.</summary>
    internal static IReadOnlyList<int> Descendants(int root)
    {
        if (!OperatingSystem.IsLinux())
            return [];
        ILookup<int, int> children = Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder))
            .Where(name => name.All(char.IsAsciiDigit)).Select(name => int.Parse(name, CultureInfo.InvariantCulture))
            .Select(id => (Id: id, Parent: ParentOf(id))).Where(one => one.Parent is not null).ToLookup(one => one.Parent!.Value, one => one.Id);
        var found = new List<int>();
        Collect(root);
        return found;

        void Collect(int id)
        {
            foreach (int child in children[id])
            {
                Collect(child);
                found.Add(child);
            }
        }
    }

    private static int? ParentOf(int id)
    {
        try
        {
            string stat = SharedRead.Text(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // It has ended meanwhile.
        }
    }
}
