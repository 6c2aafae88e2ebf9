using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Kdbx;

/// <summary>The content of a database, decrypted and inflated, within bounds: in all, and of XML between two tags, which a parser keeps in memory.</summary>
internal sealed class ContentStream(Stream stream, string source) : ForwardStream
{
    public const long MostBytes = 8L << 30;
    public const long MostBytesWithoutTag = 100L << 20; // Up to version 3 attachments lie in the XML: 64 MiB in Base64.

    private long _total, _withoutTag;

    /// <summary>Set where the XML begins.</summary>
    public bool IsXml { get; set; }

    public override int Read(Span<byte> buffer)
    {
        int count = ReadChecked(buffer);
        if ((_total += count) > MostBytes)
            throw KdbxErrors.TooLarge(source, "holds more than 8 GiB");
        if (!IsXml)
            return count;
        int tag = buffer[..count].LastIndexOf((byte)'<');
        _withoutTag = tag < 0 ? _withoutTag + count : count - tag;
        if (_withoutTag > MostBytesWithoutTag)
            throw KdbxErrors.TooLarge(source, "holds a value of more than 100 MiB");
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            stream.Dispose();
        base.Dispose(disposing);
    }

    private int ReadChecked(Span<byte> buffer)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (Exception e) when (e is InvalidDataException or CryptographicException or CryptoException)
        {
            throw KdbxErrors.Damaged(source, e is InvalidDataException ? "its content cannot be inflated" : "its content cannot be decrypted");
        }
    }
}
