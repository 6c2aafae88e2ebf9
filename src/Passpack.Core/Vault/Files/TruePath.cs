using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Passpack.Vault.Files;

/// <summary>
/// The one spelling of a path, by which two paths are compared: with the names as the file system has them, links and short names followed. So one
/// file is one account, however its path was typed; what is shown to the user stays as it was typed.
/// </summary>
internal static partial class TruePath
{
    private const uint ShareAll = 7, OpenExisting = 3, BackupSemantics = 0x0200_0000;

    /// <summary>The true path. Parts that do not exist yet are appended as given to the true path of the nearest existing folder.</summary>
    public static string Of(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        for (string? there = path; there is not null; there = Path.GetDirectoryName(there))
        {
            if ((OperatingSystem.IsWindows() ? OnWindows(there) : OnPosix(there)) is { } found)
                return there.Length == path.Length ? found : Path.Join(found, path[there.Length..]);
        }
        return path;
    }

    // realpath(3); on macOS, too, it gives the names as they are on the disk.
    private static string? OnPosix(string path)
    {
        nint resolved = RealPath(path, 0);
        try
        {
            return Marshal.PtrToStringUTF8(resolved);
        }
        finally
        {
            Free(resolved);
        }
    }

    // Null also if the drive has no name to return.
    private static string? OnWindows(string path)
    {
        using SafeFileHandle handle = CreateFile(Extended(path), 0, ShareAll, 0, OpenExisting, BackupSemantics, 0);
        if (handle.IsInvalid)
            return null;
        char[] name = new char[512];
        uint length = GetFinalPathNameByHandle(handle, name, (uint)name.Length, 0);
        if (length > name.Length)
            length = GetFinalPathNameByHandle(handle, name = new char[length], length, 0);
        return length == 0 || length > name.Length ? null : Plain(new string(name, 0, (int)length));
    }

    // The prefix allows paths of more than 260 characters.
    private static string Extended(string path)
    {
        if (path.StartsWith(@"\\?\", StringComparison.Ordinal) || path.StartsWith(@"\\.\", StringComparison.Ordinal))
            return path;
        return path.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC\" + path[2..] : @"\\?\" + path;
    }

    private static string Plain(string path) =>
        path.StartsWith(@"\\?\UNC\", StringComparison.Ordinal) ? @"\\" + path[8..] : path.StartsWith(@"\\?\", StringComparison.Ordinal) ? path[4..] : path;

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RealPath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint memory);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(string path, uint access, uint share, nint security, uint mode, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "GetFinalPathNameByHandleW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial uint GetFinalPathNameByHandle(SafeFileHandle file, [Out] char[] path, uint length, uint flags);
}
