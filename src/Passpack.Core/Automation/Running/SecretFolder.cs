using System.Diagnostics;
using System.Globalization;
using Passpack.Vault.Attachments;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Automation.Running;

/// <summary>
/// A folder for files that programs need in the clear for as long as they run: only its owner can look into it, it lies in memory where the platform has
/// such a place, and everything in it is overwritten and deleted at the end. What a killed process leaves is swept by the next that looks.
/// </summary>
public sealed class SecretFolder : IDisposable
{
    /// <summary>How the folders' names begin; then come process id, start time and a number.</summary>
    public const string NamePrefix = "passpack-run-";

    private const string LockName = "lock", SharedMemory = "/dev/shm";

    // A place may be another user's.
    private static readonly EnumerationOptions s_visible = new() { IgnoreInaccessible = true };

    // Programs may put links there, to files that must not be overwritten, and to folders that hold such.
    private static readonly EnumerationOptions s_withoutLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    private static readonly HashSet<SecretFolder> s_open = [];
    private static int s_made;

    private readonly FileStream _lock;
    private int _files;
    private bool _disposed;

    static SecretFolder() => AppDomain.CurrentDomain.ProcessExit += (_, _) => DisposeAll();

    private SecretFolder(string path, bool isOnDisk)
    {
        Path = path;
        IsOnDisk = isOnDisk;
        OwnerOnly.CreateFolder(path);
        // Held for as long as the process lives: a process in another container has another view of process ids.
        _lock = OwnerOnly.CreateFile(System.IO.Path.Combine(path, LockName));
        lock (s_open)
            s_open.Add(this);
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Whether it lies in the data folder, because this machine has no place in memory for it.</summary>
    public bool IsOnDisk { get; }

    /// <summary>Makes a folder, after it has swept what killed processes left.</summary>
    /// <exception cref="PasspackException">Errors of the disk.</exception>
    public static SecretFolder Create(DataFolder data)
    {
        ArgumentNullException.ThrowIfNull(data);
        (string place, bool isOnDisk) = FindPlace(data);
        SweepAll(data);
        string name = string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{Environment.ProcessId}-{StartTime()}-{Interlocked.Increment(ref s_made)}");
        return new SecretFolder(System.IO.Path.Combine(place, name), isOnDisk);
    }

    /// <summary>Writes a file.</summary>
    /// <param name="name">A file name; it keeps its ending, which tells some programs what it is.</param>
    /// <param name="content">Its content.</param>
    /// <returns>Its full path.</returns>
    public string Write(string name, ReadOnlySpan<byte> content)
    {
        string numbered = string.Create(CultureInfo.InvariantCulture, $"{++_files}-{AttachmentNames.ForFile(name)}");
        string path = System.IO.Path.Combine(Path, numbered);
        using FileStream file = OwnerOnly.CreateFile(path);
        file.Write(content);
        return path;
    }

    /// <summary>Overwrites and deletes the files, and the folder.</summary>
    public void Dispose()
    {
        lock (s_open)
        {
            if (_disposed)
                return;
            _disposed = true;
            s_open.Remove(this);
        }
        Erase(Path);
        _lock.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>The folders where such folders may lie.</summary>
    public static IEnumerable<string> Places(DataFolder data)
    {
        ArgumentNullException.ThrowIfNull(data);
        string[] places = OperatingSystem.IsWindows() ? [] : [Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "", SharedMemory];
        return places.Where(System.IO.Path.IsPathFullyQualified).Append(OnDisk(data)).Where(Directory.Exists);
    }

    /// <summary>Erases what killed processes left: folders of this user that nobody holds.</summary>
    public static void SweepAll(DataFolder data)
    {
        foreach (string place in Places(data))
            Sweep(place);
    }

    internal static void Sweep(string place)
    {
        foreach (string folder in Directory.EnumerateDirectories(place, NamePrefix + "*", s_visible))
        {
            try
            {
                if (NameOf(folder) is not null && IsOurs(folder) && TryLock(folder) is { } held)
                {
                    using (held)
                        Erase(folder);
                    Directory.Delete(folder, recursive: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another process sweeps, too, or is about to remove its folder. The next sweep looks again.
            }
        }
    }

    // Others may make folders and links of any name beside ours.
    private static bool IsOurs(string folder)
    {
        if (OperatingSystem.IsWindows())
            return new DirectoryInfo(folder).LinkTarget is null;
        PosixFile found = PosixFile.Of(folder);
        return found is { IsFolder: true, OthersAnything: false } && found.Owner == PosixFile.Me;
    }

    // Null if its process lives.
    private static FileStream? TryLock(string folder)
    {
        string path = System.IO.Path.Combine(folder, LockName);
        if (!File.Exists(path) && IsAlive(folder))
            return null; // It has just been made.
        try
        {
            return OwnerOnly.OpenFile(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsAlive(string folder) => NameOf(folder) is var (id, start) && StartTime(id) == start;

    // Null if the folder is none of these: others may begin their names alike.
    private static (int Process, string StartTime)? NameOf(string folder)
    {
        string name = System.IO.Path.GetFileName(folder);
        string[] parts = name.StartsWith(NamePrefix, StringComparison.Ordinal) ? name[NamePrefix.Length..].Split('-') : [];
        return parts.Length == 3 && parts.All(part => part.Length > 0 && part.All(char.IsAsciiDigit))
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? (id, parts[1]) : null;
    }

    private static (string Path, bool IsOnDisk) FindPlace(DataFolder data)
    {
        string onDisk = OnDisk(data);
        if (Places(data).FirstOrDefault(place => place != onDisk && IsWritable(place)) is { } inMemory)
            return (inMemory, false);
        OwnerOnly.CreateFolder(onDisk);
        return (onDisk, !OperatingSystem.IsWindows());
    }

    // Of this user alone, or, as /dev/shm, of everybody, each of whom can remove only what is theirs.
    private static bool IsWritable(string place)
    {
        if (OperatingSystem.IsWindows())
            return false;
        if (place == SharedMemory)
            return (File.GetUnixFileMode(place) & (UnixFileMode.StickyBit | UnixFileMode.OtherWrite)) == (UnixFileMode.StickyBit | UnixFileMode.OtherWrite);
        PosixFile found = PosixFile.Of(place);
        return found is { IsFolder: true, OthersWrite: false } && found.Owner == PosixFile.Me;
    }

    private static string OnDisk(DataFolder data) => System.IO.Path.Combine(data.Path, "run");

    private static string StartTime() => StartTime(Environment.ProcessId)!;

    // On Linux as the kernel counts it, in ticks after the machine's start: .NET adds the time of day, which may change meanwhile. Null if there is no process.
    private static string? StartTime(int process)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                string stat = SharedRead.Text(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
                return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
            }
            using var running = Process.GetProcessById(process);
            return running.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidOperationException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void DisposeAll()
    {
        SecretFolder[] open;
        lock (s_open)
            open = [.. s_open];
        foreach (SecretFolder folder in open)
            folder.Dispose();
    }

    private static void Erase(string folder)
    {
        byte[] zeros = new byte[1 << 16];
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", s_withoutLinks))
        {
            if (file.Name == LockName)
                continue;
            using FileStream stream = OwnerOnly.OpenFile(file.FullName, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            for (long left = stream.Length; left > 0; left -= zeros.Length)
                stream.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            stream.Flush(flushToDisk: true);
        }
    }
}
