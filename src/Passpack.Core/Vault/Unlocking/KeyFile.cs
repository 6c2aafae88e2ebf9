using System.Security.Cryptography;
using System.Text;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>What the files that unlock have in common, in the data folder and outside, for one account and for empty machines (docs/pack-format.md).</summary>
internal static class KeyFile
{
    /// <summary>Bytes of <see cref="Checksum"/>.</summary>
    public const int ChecksumBytes = 8;

    /// <summary>Writes a file, whole or not at all, readable by its owner only.</summary>
    /// <param name="path">Where.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    /// <param name="write">Writes the bytes.</param>
    /// <param name="give">Makes the file another user's, before it has its name. Null: it stays this user's.</param>
    public static void Write(string path, bool overwrite, Action<Stream> write, Action<string>? give)
    {
        // A link is deleted first: otherwise the key would be written to a place that somebody else chose.
        if (overwrite && new FileInfo(path).LinkTarget is not null)
            File.Delete(path);
        AtomicFile.Write(path, overwrite, write, give);
    }

    /// <summary>By which a file knows the key envelope that it was made for.</summary>
    public static byte[] HashOf(string keyEnvelope) => SHA256.HashData(Encoding.UTF8.GetBytes(keyEnvelope));

    /// <summary>Of all that stands before it in a file.</summary>
    public static byte[] Checksum(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes)[..ChecksumBytes];
}
