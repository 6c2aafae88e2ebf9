using System.Runtime.InteropServices;

namespace Passpack.Vault.Files;

/// <summary>A path's kind, owner and mode, from lstat(2). .NET tells all of these but the owner.</summary>
internal readonly partial record struct PosixFile(uint Owner, int Mode)
{
    private const int TypeMask = 0xF000, FolderType = 0x4000, FileType = 0x8000, LinkType = 0xA000;
    private const int OtherWrite = 0x12, OtherAny = 0x3F; // 0022 and 0077
    private const int AtFdCwd = -100, AtSymlinkNoFollow = 0x100;
    private const uint BasicStats = 0x7FF;

    public bool IsFolder => (Mode & TypeMask) == FolderType;

    public bool IsFile => (Mode & TypeMask) == FileType;

    public bool IsLink => (Mode & TypeMask) == LinkType;

    /// <summary>Whether the group or others may write.</summary>
    public bool OthersWrite => (Mode & OtherWrite) != 0;

    /// <summary>Whether the group or others may do anything.</summary>
    public bool OthersAnything => (Mode & OtherAny) != 0;

    public static uint Me => GetEffectiveUserId();

    /// <summary>Reads a path's state without following a link.</summary>
    /// <exception cref="IOException">The path does not exist, or its state cannot be read.</exception>
    /// <exception cref="PlatformNotSupportedException">The struct's layout on this platform is unknown.</exception>
    public static PosixFile Of(string path)
    {
        // The offsets are those of struct statx (Linux, every architecture) and of struct stat with 64-bit inodes (macOS).
        if (OperatingSystem.IsLinux())
        {
            Span<byte> stat = stackalloc byte[256];
            Check(StatX(StatXNumber, AtFdCwd, path, AtSymlinkNoFollow, BasicStats, ref MemoryMarshal.GetReference(stat)), path);
            return new PosixFile(MemoryMarshal.Read<uint>(stat[20..]), MemoryMarshal.Read<ushort>(stat[28..]));
        }
        if (OperatingSystem.IsMacOS())
        {
            Span<byte> stat = stackalloc byte[144];
            ref byte first = ref MemoryMarshal.GetReference(stat);
            Check(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? LStat(path, ref first) : LStatInode64(path, ref first), path);
            return new PosixFile(MemoryMarshal.Read<uint>(stat[16..]), MemoryMarshal.Read<ushort>(stat[4..]));
        }
        throw new PlatformNotSupportedException();
    }

    // Called by its number, because some versions of musl lack the function.
    private static nint StatXNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 332,
        Architecture.Arm64 or Architecture.LoongArch64 => 291,
        Architecture.Arm or Architecture.Armv6 => 397,
        Architecture.X86 or Architecture.Ppc64le => 383,
        Architecture.S390x => 379,
        _ => throw new PlatformNotSupportedException(),
    };

    private static void Check(nint result, string path)
    {
        if (result != 0)
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "syscall", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint StatX(nint number, int folder, string path, int flags, uint mask, ref byte stat);

    [LibraryImport("libc", EntryPoint = "lstat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int LStat(string path, ref byte stat);

    [LibraryImport("libc", EntryPoint = "lstat$INODE64", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int LStatInode64(string path, ref byte stat);
}
