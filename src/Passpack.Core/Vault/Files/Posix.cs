using System.Runtime.InteropServices;

namespace Passpack.Vault.Files;

/// <summary>
/// System calls that .NET does not offer: flushing a folder needs its descriptor, and File refuses to open folders; signals. And its shell's quotes.
/// </summary>
internal static partial class Posix
{
    /// <summary>A word as a POSIX shell takes it, whatever is in it.</summary>
    internal static string Quoted(string word) => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int process, int signal);
}
