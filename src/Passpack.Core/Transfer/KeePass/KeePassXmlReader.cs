using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Passpack.Transfer.Kdbx;

namespace Passpack.Transfer.KeePass;

/// <summary>
/// Walks KeePass's XML element by element, forward only, and decrypts protected values in their order, also of elements that nobody asks for: their
/// key stream is one. No DTD; bounded in depth. Errors name places only: a parser's messages may quote what it read.
/// </summary>
internal sealed class KeePassXmlReader : IDisposable
{
    private const int MostDepth = 500;
    private const int MostInflatedBytes = 512 << 20;

    // Of all compressed files together: each may inflate a thousandfold.
    private const long MostInflatedInAll = 2L << 30;

    private readonly XmlReader _xml;
    private readonly ValueCipher? _values;
    private readonly string _source;
    private long _inflated;

    /// <param name="xml">Closed with the reader.</param>
    /// <param name="values">The cipher of protected values. Null if the XML is no database's.</param>
    /// <param name="source">How messages name the file.</param>
    public KeePassXmlReader(Stream xml, ValueCipher? values, string source)
    {
        (_values, _source) = (values, source);
        _xml = XmlReader.Create(xml, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            CheckCharacters = false, // &#1; fails no file: such a text is kept.
            CloseInput = true,
        });
    }

    /// <summary>Goes to the root element.</summary>
    public void ReadRoot(string name)
    {
        while (Advance())
        {
            if (_xml.NodeType != XmlNodeType.Element)
                continue;
            if (_xml.Name == name)
                return;
            break;
        }
        throw KdbxErrors.Damaged(_source, $"its XML has no {name}");
    }

    /// <summary>
    /// The names of the elements within the present one. Whoever enumerates reads each by <see cref="Children"/> or <see cref="Text"/>, or leaves it:
    /// then it is passed over.
    /// </summary>
    public IEnumerable<string> Children()
    {
        if (_xml.IsEmptyElement)
            yield break;
        int depth = _xml.Depth;
        while (Advance())
        {
            if (_xml.NodeType == XmlNodeType.EndElement && _xml.Depth == depth)
                yield break;
            if (_xml.NodeType != XmlNodeType.Element)
                continue;
            yield return _xml.Name;
            if (_xml.NodeType == XmlNodeType.Element && _xml.Depth == depth + 1 && !_xml.IsEmptyElement)
                Skip();
        }
    }

    /// <summary>An attribute of the present element. Null if it has none of this name.</summary>
    public string? Attribute(string name) => _xml.GetAttribute(name);

    /// <summary>Whether the present element has this attribute with the value True.</summary>
    public bool Is(string attribute) => string.Equals(_xml.GetAttribute(attribute), "True", StringComparison.OrdinalIgnoreCase);

    /// <summary>The text of the present element, decrypted if it is protected; elements in it are passed over.</summary>
    public string Text()
    {
        if (!Is("Protected"))
            return Raw();
        byte[] bytes = Unprotect(Raw());
        string text = Encoding.UTF8.GetString(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return text;
    }

    /// <summary>The bytes of the present element: Base64, perhaps protected or compressed. Null if they are none, or too many.</summary>
    public byte[]? Bytes()
    {
        bool isCompressed = Is("Compressed");
        byte[]? bytes = Is("Protected") ? Unprotect(Raw()) : Decode(Raw());
        return isCompressed && bytes is not null ? Inflate(bytes) : bytes;
    }

    public void Dispose() => _xml.Dispose();

    private byte[]? Inflate(byte[] compressed)
    {
        try
        {
            using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
            using var inflated = new MemoryStream();
            byte[] buffer = new byte[64 << 10];
            while (gzip.Read(buffer) is > 0 and int count)
            {
                if ((_inflated += count) > MostInflatedInAll)
                    throw KdbxErrors.TooLarge(_source, "holds compressed files of more than 2 GiB");
                if (inflated.Length + count > MostInflatedBytes)
                    return null;
                inflated.Write(buffer, 0, count);
            }
            return inflated.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[]? Decode(string base64)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(base64.Length / 4 * 3 + 3);
        byte[]? decoded = Convert.TryFromBase64String(base64, bytes, out int count) ? bytes[..count] : null;
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        return decoded;
    }

    private byte[] Unprotect(string base64)
    {
        if (_values is null)
            throw KdbxErrors.Damaged(_source, $"a value of it is encrypted, as only a database's can be ({Place()})");
        // Without these bytes every later value would be decrypted wrongly.
        byte[] bytes = Decode(base64) ?? throw KdbxErrors.Damaged(_source, $"a protected value is not Base64 ({Place()})");
        _values.Apply(bytes);
        return bytes;
    }

    private string Raw()
    {
        if (_xml.IsEmptyElement)
            return "";
        int depth = _xml.Depth;
        string text = "";
        StringBuilder? more = null;
        while (Advance())
        {
            if (_xml.NodeType == XmlNodeType.EndElement && _xml.Depth == depth)
                break;
            if (_xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace)
            {
                if (text.Length == 0)
                    text = Value();
                else
                    (more ??= new StringBuilder(text)).Append(Value());
            }
            else if (_xml.NodeType == XmlNodeType.Element)
            {
                Skip();
            }
        }
        return more?.ToString() ?? text;
    }

    private void Skip()
    {
        if (_xml.IsEmptyElement)
            return;
        int depth = _xml.Depth;
        do
        {
            if (_xml.NodeType == XmlNodeType.Element && Is("Protected") && !_xml.IsEmptyElement)
                SkipProtected();
            if (_xml.NodeType == XmlNodeType.EndElement && _xml.Depth == depth)
                return;
        }
        while (Advance());
    }

    // Values within values do not exist; so this does not go deeper than one step.
    private void SkipProtected()
    {
        int depth = _xml.Depth;
        var text = new StringBuilder();
        while (Advance() && !(_xml.NodeType == XmlNodeType.EndElement && _xml.Depth == depth))
        {
            if (_xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
                text.Append(Value());
        }
        CryptographicOperations.ZeroMemory(Unprotect(text.ToString()));
    }

    private bool Advance()
    {
        bool isThere;
        try
        {
            isThere = _xml.Read();
        }
        catch (XmlException e)
        {
            throw Unreadable(e);
        }
        return _xml.Depth <= MostDepth ? isThere : throw KdbxErrors.TooLarge(_source, "nests more than 500 elements");
    }

    // A long text is parsed when it is asked for.
    private string Value()
    {
        try
        {
            return _xml.Value;
        }
        catch (XmlException e)
        {
            throw Unreadable(e);
        }
    }

    private PasspackException Unreadable(XmlException e) => KdbxErrors.Damaged(_source, string.Create(CultureInfo.InvariantCulture,
        $"its XML cannot be read from line {e.LineNumber}, position {e.LinePosition} on"));

    private string Place() => _xml is IXmlLineInfo line ? string.Create(CultureInfo.InvariantCulture, $"line {line.LineNumber}") : "";
}
