using System.Runtime.CompilerServices;

namespace Passpack.Testing;

/// <summary>
/// Tests make thousands of small databases, and three quarters of their time would be waiting for the disk at each commit. On a Linux machine with enough
/// memory their temporary files, and those of the processes that they start, are in memory. TMPDIR, where it is set, says where else.
/// </summary>
internal static class TemporaryFiles
{
    private const string Variable = "TMPDIR", InMemory = "/dev/shm";
    private const long EnoughSpace = 4L << 30, EnoughMemory = 8L << 30;

    [ModuleInitializer]
    internal static void Use()
    {
        if (OperatingSystem.IsLinux() && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)) && IsFit())
            Environment.SetEnvironmentVariable(Variable, InMemory);
    }

    // Some tests run programs that they put there. A container's is small.
    private static bool IsFit() => Directory.Exists(InMemory)
        && File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).Any(mount => mount is [_, InMemory, "tmpfs", string options, ..] && !options.Split(',').Contains("noexec"))
        && new DriveInfo(InMemory).AvailableFreeSpace >= EnoughSpace
        && GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >= EnoughMemory;
}
