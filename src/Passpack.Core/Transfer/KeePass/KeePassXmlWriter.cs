using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Passpack.Transfer.Kdbx;

namespace Passpack.Transfer.KeePass;

/// <summary>Writes KeePass's XML as it lies in KDBX 4.1: a root group, and entries in it one after the other.</summary>
internal sealed class KeePassXmlWriter : IDisposable
{
    private const string Generator = "Passpack";

    private readonly XmlWriter _xml;
    private readonly ValueCipher _values;

    /// <param name="stream">Stays open.</param>
    /// <param name="values">The cipher of protected values.</param>
    /// <param name="now">When it is made.</param>
    public KeePassXmlWriter(Stream stream, ValueCipher values, DateTimeOffset now)
    {
        _values = values;
        _xml = XmlWriter.Create(stream, new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            NewLineHandling = NewLineHandling.Entitize, // Otherwise a parser makes LF of CR LF.
            CloseOutput = false,
        });
        _xml.WriteStartDocument(standalone: true);
        _xml.WriteStartElement("KeePassFile");
        WriteMeta(now);
        _xml.WriteStartElement("Root");
        _xml.WriteStartElement("Group");
        Element("UUID", KeePassValues.WriteId(Guid.NewGuid()));
        Element("Name", Generator);
        Element("IconID", "48");
        WriteTimes(now, now, null);
    }

    /// <summary>Begins an entry; what is written up to <see cref="EndEntry"/> is in it.</summary>
    public void BeginEntry(Guid id, IEnumerable<string> tags, DateTimeOffset created, DateTimeOffset modified, DateTimeOffset? expires)
    {
        _xml.WriteStartElement("Entry");
        Element("UUID", KeePassValues.WriteId(id));
        Element("IconID", "0");
        Element("Tags", string.Join(';', tags));
        WriteTimes(created, modified, expires);
    }

    /// <summary>Writes a text of the entry. One in the clear holds no character that XML does not have.</summary>
    public void Text(string key, string value, bool isProtected)
    {
        _xml.WriteStartElement("String");
        Element("Key", key);
        _xml.WriteStartElement("Value");
        if (isProtected)
        {
            _xml.WriteAttributeString("Protected", "True");
            byte[] bytes = Encoding.UTF8.GetBytes(value);
            _values.Apply(bytes);
            _xml.WriteString(Convert.ToBase64String(bytes));
            CryptographicOperations.ZeroMemory(bytes);
        }
        else
        {
            _xml.WriteString(value);
        }
        _xml.WriteEndElement();
        _xml.WriteEndElement();
    }

    public void EndEntry() => _xml.WriteEndElement();

    /// <summary>Writes the end of the document; the stream may be closed then.</summary>
    public void Complete()
    {
        _xml.WriteEndElement();
        _xml.WriteStartElement("DeletedObjects");
        _xml.WriteEndDocument();
        _xml.Dispose();
    }

    public void Dispose() => _xml.Dispose();

    private void WriteMeta(DateTimeOffset now)
    {
        string time = KeePassValues.WriteTime(now);
        _xml.WriteStartElement("Meta");
        Element("Generator", Generator);
        Element("DatabaseName", Generator);
        Element("DatabaseNameChanged", time);
        Element("MasterKeyChanged", time);
        _xml.WriteStartElement("MemoryProtection");
        foreach (string field in new[] { KeePassEntry.Title, KeePassEntry.UserName, KeePassEntry.Password, KeePassEntry.Url, KeePassEntry.Notes })
            Element($"Protect{field}", field == KeePassEntry.Password ? "True" : "False");
        _xml.WriteEndElement();
        Element("RecycleBinEnabled", "True");
        Element("RecycleBinUUID", KeePassValues.WriteId(Guid.Empty));
        Element("RecycleBinChanged", time);
        _xml.WriteEndElement();
    }

    private void WriteTimes(DateTimeOffset created, DateTimeOffset modified, DateTimeOffset? expires)
    {
        _xml.WriteStartElement("Times");
        Element("CreationTime", KeePassValues.WriteTime(created));
        Element("LastModificationTime", KeePassValues.WriteTime(modified));
        Element("LastAccessTime", KeePassValues.WriteTime(modified));
        Element("ExpiryTime", KeePassValues.WriteTime(expires ?? created));
        Element("Expires", expires is null ? "False" : "True");
        Element("UsageCount", "0");
        Element("LocationChanged", KeePassValues.WriteTime(created));
        _xml.WriteEndElement();
    }

    private void Element(string name, string value) => _xml.WriteElementString(name, value);
}
