using System.Security.Cryptography;
using System.Xml;
using Passpack.Packing.Records;

namespace Passpack.Transfer.Kdbx;

/// <summary>Reads key files: 32 bytes as they are, 64 hexadecimal digits, KeePass's XML of version 1 and 2; of any other file its SHA-256.</summary>
internal static class KeyFile
{
    private const int KeyBytes = 32, MostXmlBytes = 64 << 10, HashBytes = 4;

    /// <summary>The 32 bytes that a file stands for.</summary>
    /// <param name="content">The file.</param>
    /// <param name="source">How messages name the database.</param>
    /// <exception cref="PasspackException">It is an XML key file, and damaged or of a later version.</exception>
    public static SecretBytes Read(byte[] content, string source)
    {
        if (content.Length == KeyBytes)
            return SecretBytes.CopyOf(content);
        if (FromHex(content) is { } hex)
            return hex;
        if (content.Length < MostXmlBytes && ReadXml(content, source) is { } key)
            return key;
        var hashed = new SecretBytes(KeyBytes);
        SHA256.HashData(content, hashed.Span);
        return hashed;
    }

    /// <summary>Null if the file is no XML key file.</summary>
    private static SecretBytes? ReadXml(byte[] content, string source)
    {
        string? version = null, data = null, hash = null;
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(content, writable: false),
                new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true });
            if (reader.MoveToContent() != XmlNodeType.Element || reader.Name != "KeyFile")
                return null;
            while (reader.Read())
            {
                if (reader.NodeType != XmlNodeType.Element)
                    continue;
                if (reader.Name == "Data")
                    hash = reader.GetAttribute("Hash");
                if (reader.Name is not ("Version" or "Data"))
                    continue;
                (bool isVersion, string text) = (reader.Name == "Version", ReadText(reader));
                (version, data) = isVersion ? (text, data) : (version, text);
            }
        }
        catch (XmlException) when (data is null) // Not XML at all, or not this XML: the file's hash is the key.
        {
            return null;
        }
        catch (XmlException)
        {
            throw KdbxErrors.KeyFileDamaged(source, "its XML is damaged");
        }
        return Interpret(version, data, hash, source);
    }

    private static SecretBytes Interpret(string? version, string? data, string? hash, string source)
    {
        if (data is null)
            throw KdbxErrors.KeyFileDamaged(source, "it has no Data");
        data = string.Concat(data.Where(c => !char.IsWhiteSpace(c)));
        if (version?.StartsWith("1.0", StringComparison.Ordinal) == true)
            return FromBase64(data) ?? throw KdbxErrors.KeyFileDamaged(source, "its Data is not Base64 of 32 bytes");
        if (version?.StartsWith("2.", StringComparison.Ordinal) != true)
            throw KdbxErrors.KeyFileDamaged(source, "its version is neither 1 nor 2");
        using SecretBytes text = SecretBytes.FromChars(data);
        SecretBytes key = FromHex(text.Span) ?? throw KdbxErrors.KeyFileDamaged(source, "its Data is not 64 hexadecimal digits");
        Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key.Span, sum);
        if (string.Equals(Convert.ToHexString(sum[..HashBytes]), hash, StringComparison.OrdinalIgnoreCase))
            return key;
        key.Dispose();
        throw KdbxErrors.KeyFileDamaged(source, "its Data does not have the Hash beside it");
    }

    private static string ReadText(XmlReader reader)
    {
        if (reader.IsEmptyElement)
            return "";
        var text = new System.Text.StringBuilder();
        while (reader.Read() && reader.NodeType != XmlNodeType.EndElement)
            text.Append(reader.Value);
        return text.ToString();
    }

    private static SecretBytes? FromBase64(string data)
    {
        var key = new SecretBytes(KeyBytes);
        if (data.Length <= 2 * KeyBytes && Convert.TryFromBase64String(data, key.Span, out int written) && written == KeyBytes)
            return key;
        key.Dispose();
        return null;
    }

    private static SecretBytes? FromHex(ReadOnlySpan<byte> digits)
    {
        if (digits.Length != 2 * KeyBytes)
            return null;
        var key = new SecretBytes(KeyBytes);
        for (int i = 0; i < digits.Length; i++)
        {
            int digit = HexDigit(digits[i]);
            if (digit < 0)
            {
                key.Dispose();
                return null;
            }
            key.Span[i / 2] = (byte)(key.Span[i / 2] << 4 | digit);
        }
        return key;
    }

    private static int HexDigit(byte c) => char.IsAsciiHexDigit((char)c) ? (c & 0xF) + (c > '9' ? 9 : 0) : -1;
}
