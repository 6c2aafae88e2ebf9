using System.Security.Cryptography;
using System.Text;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Automation.Templates;

/// <summary>The text of a file, and how it is encoded: what is made of it is encoded alike.</summary>
/// <param name="Text">The text, without a byte order mark.</param>
/// <param name="Encoding">UTF-8, or what a byte order mark names.</param>
/// <param name="HasMark">Whether it has one.</param>
public sealed record TemplateFile(string Text, Encoding Encoding, bool HasMark)
{
    // UTF-32 before UTF-16, whose mark is the beginning of it.
    private static readonly Encoding[] s_marked =
    [
        new UTF8Encoding(true, true), new UTF32Encoding(false, true, true), new UTF32Encoding(true, true, true), new UnicodeEncoding(false, true, true),
        new UnicodeEncoding(true, true, true),
    ];

    /// <summary>Reads a file.</summary>
    /// <exception cref="ArgumentException">It is no text in its encoding.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TemplateFile Read(string path)
    {
        using var content = new MemoryStream();
        using (FileStream file = SharedRead.Open(path))
            file.CopyTo(content);
        ReadOnlySpan<byte> bytes = content.GetBuffer().AsSpan(0, (int)content.Length);
        Encoding encoding = s_marked[0];
        bool hasMark = false;
        foreach (Encoding marked in s_marked)
        {
            if (!bytes.StartsWith(marked.Preamble))
                continue;
            (encoding, hasMark) = (marked, true);
            bytes = bytes[marked.Preamble.Length..];
            break;
        }
        try
        {
            return new TemplateFile(encoding.GetString(bytes), encoding, hasMark);
        }
        catch (DecoderFallbackException)
        {
            throw new ArgumentException($"{path} is no text in {(hasMark ? encoding.WebName : "UTF-8, and no byte order mark names another encoding")}.");
        }
    }

    /// <summary>Writes a text, encoded as this one, whole or not at all, into a file that only its owner can read.</summary>
    /// <exception cref="PasspackException">The file exists and is not to be overwritten; the disk is full.</exception>
    public void Write(string path, bool overwrite, string text)
    {
        byte[] bytes = Encoding.GetBytes(text);
        try
        {
            AtomicFile.Write(path, overwrite, stream =>
            {
                if (HasMark)
                    stream.Write(Encoding.Preamble);
                stream.Write(bytes);
            });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Refuses a path that cannot be written to.</summary>
    /// <inheritdoc cref="Write"/>
    public static void RequireWritable(string path, bool overwrite) => AtomicFile.RequireWritable(path, overwrite);
}
