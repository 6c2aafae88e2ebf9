using System.Runtime.InteropServices;

namespace Passpack.Vault.Files;

/// <summary>A user of this machine, as its directory of users knows it (POSIX).</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Id">The user id.</param>
/// <param name="Group">The id of the user's own group.</param>
internal readonly partial record struct PosixUser(string Name, uint Id, uint Group)
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Whether this process may give files away, and write where only root does.</summary>
    public static bool AmRoot => PosixFile.Me == 0;

    /// <summary>Looks a user up. Null if there is none of this name.</summary>
    /// <exception cref="IOException">The directory cannot be asked.</exception>
    public static PosixUser? Find(string name)
    {
        // struct passwd begins alike everywhere: two pointers, then user and group.
        byte[] entry = new byte[256], buffer = new byte[BufferBytes];
        int error = GetUser(name, ref entry[0], ref buffer[0], BufferBytes, out nint found);
        if (found != 0)
            return new PosixUser(name, BitConverter.ToUInt32(entry, 2 * nint.Size), BitConverter.ToUInt32(entry, (2 * nint.Size) + sizeof(uint)));
        return error == 0 ? null : throw new IOException($"User {name}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    /// <summary>Makes a file or link the user's own.</summary>
    /// <exception cref="IOException">It cannot be given away.</exception>
    public void Own(string path)
    {
        if (ChangeOwner(path, Id, Group) != 0)
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
    }

    [LibraryImport("libc", EntryPoint = "getpwnam_r", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetUser(string name, ref byte entry, ref byte buffer, nuint size, out nint found);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
