using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Passpack.Packing.Records;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Kdbx;
using Passpack.Transfer.KeePass;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

/// <summary>A KeePass database in or out; the key derivation is at its floor on both sides.</summary>
/// <param name="export">Whether it is the export that is measured.</param>
/// <param name="overKeePassXc">Whether it is over <c>keepassxc-cli export</c> of the same database, its start-up taken off.</param>
internal sealed class KdbxBenchmark(bool export, bool overKeePassXc = false) : Benchmark
{
    private const int Entries = 10_000, Versions = 3;

    private static readonly Argon2KeyCost s_cost = new(IsId: true, new byte[32], 8 << 10, 1, 1, 0x13);

    private readonly InsertFloor _inserts = new();
    private readonly string _file = Path.GetTempFileName();
    private BenchAccount _account = new();

    public override string Name => (export ? "kdbx-out" : "kdbx-in") + (overKeePassXc ? "-keepassxc" : "");

    public override string What => overKeePassXc
        ? $"{(export ? "export 10,000 entries to KDBX" : "import a KDBX of 10,000 entries with three earlier versions each")}, over keepassxc-cli export -f xml of the same, its start-up taken off"
        : export
        ? "export 10,000 entries to KDBX, over opening as many records, XmlWriter, and the same compression and encryption"
        : "import a KDBX of 10,000 entries with three earlier versions each, over decrypting and inflating it, XmlReader, sealing as many records and the same inserts";

    public override double Limit => overKeePassXc ? 1 : 3;

    public override int Rounds => overKeePassXc ? 5 : 3;

    public override string? Missing => overKeePassXc ? KeePassXc.Missing : null;

    public override void Prepare()
    {
        if (export)
            _account.Add(Entries);
        if (export && overKeePassXc)
            Product();
        else if (!export)
            WriteDatabase();
    }

    public override void BeforeRound()
    {
        if (export)
            return;
        _account.Dispose();
        _account = new BenchAccount();
    }

    /// <summary>The program's start.</summary>
    public override void FloorOverhead()
    {
        if (overKeePassXc)
            KeePassXc.Run("", "--version");
    }

    public override void Floor()
    {
        if (overKeePassXc)
            KeePassXc.Run(BenchAccount.PackingKeyText, "export", "--quiet", "-f", "xml", _file);
        else if (export)
            ExportFloor();
        else
            ImportFloor();
    }

    private void ImportFloor()
    {
        using FileStream stream = File.OpenRead(_file);
        using KdbxFile file = KdbxFile.Open(stream, _file, Composite, CancellationToken.None);
        using ContentStream content = file.OpenContent();
        InnerHeader.Read(content, new BinaryStore(), _file);
        using var xml = XmlReader.Create(content);
        _inserts.Run(_account, () =>
        {
            for (int depth = -1; xml.Read();)
            {
                if (xml.NodeType == XmlNodeType.Text)
                    _ = xml.Value;
                if (depth < 0 && xml.NodeType == XmlNodeType.Element && xml.Name == "Entry")
                    depth = xml.Depth;
                else if (xml.NodeType == XmlNodeType.EndElement && xml.Depth == depth)
                    return true;
            }
            return false;
        }, versions: Versions);
    }

    public override void Product()
    {
        using SecretBytes key = BenchAccount.PackingKey();
        if (export)
        {
            Write(stream => EntryExporter.Write(_account.Vault.ListFull(new EntryQuery()), stream, KdbxWriter.With(s_cost), new ExportOptions { Key = key }, CancellationToken.None));
            return;
        }
        long added = new EntryImporter(_account.Vault).Import(_file, new ImportOptions { SourceKey = key }).LongCount(result => result.Action == ImportAction.Added);
        if (added != Entries)
            throw new InvalidOperationException($"{added} entries were added.");
    }

    public override void Dispose()
    {
        _account.Dispose();
        File.Delete(_file);
    }

    private static SecretBytes Composite()
    {
        using SecretBytes key = BenchAccount.PackingKey();
        return CompositeKey.Of(key, null);
    }

    private void Write(Action<Stream> write)
    {
        using FileStream stream = File.Create(_file);
        write(stream);
        stream.Flush(flushToDisk: true);
    }

    private void ExportFloor() => Write(stream =>
    {
        using SecretBytes composite = Composite();
        using var output = new KdbxOutput(stream, composite, s_cost, CancellationToken.None);
        using var xml = XmlWriter.Create(output.Content, new XmlWriterSettings { CloseOutput = false });
        using AesGcm cipher = _account.Cipher("summary");
        byte[] record = new byte[1024], plaintext = new byte[1024], tag = new byte[16], nonce = new byte[12];
        cipher.Encrypt(nonce, plaintext, record, tag);
        xml.WriteStartElement("Root");
        for (int i = 0; i < Entries; i++)
        {
            cipher.Decrypt(nonce, record, tag, plaintext); // Summary, secret, tags and favorite in one.
            EntryEdit entry = BenchAccount.Entry(i);
            xml.WriteStartElement("Entry");
            byte[] password = Encoding.UTF8.GetBytes(entry.Password!);
            output.Values.Apply(password);
            foreach (string value in (string[])[entry.Name!, entry.UserId!, Convert.ToBase64String(password), entry.Url!, entry.Notes!, entry.Email!, entry.Tags![0]])
            {
                xml.WriteStartElement("String");
                xml.WriteElementString("Key", "Key");
                xml.WriteElementString("Value", value);
                xml.WriteEndElement();
            }
            xml.WriteElementString("UUID", Convert.ToBase64String(Guid.NewGuid().ToByteArray()));
            for (int time = 0; time < 7; time++)
                xml.WriteElementString("LastModificationTime", "AAAAAAAAAAA=");
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
        xml.Dispose();
        output.Complete();
    });

    private void WriteDatabase() => Write(stream =>
    {
        using SecretBytes composite = Composite();
        using var output = new KdbxOutput(stream, composite, s_cost, CancellationToken.None);
        using var xml = XmlWriter.Create(output.Content, new XmlWriterSettings { CloseOutput = false });
        xml.WriteStartElement("KeePassFile");
        xml.WriteStartElement("Root");
        xml.WriteStartElement("Group");
        for (int i = 0; i < Entries; i++)
            WriteEntry(xml, output.Values, i, Versions, new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
        xml.WriteEndDocument();
        xml.Dispose();
        output.Complete();
    });

    private static void WriteEntry(XmlWriter xml, ValueCipher values, int i, int versions, DateTimeOffset modified)
    {
        EntryEdit entry = BenchAccount.Entry(i);
        xml.WriteStartElement("Entry");
        xml.WriteElementString("UUID", KeePassValues.WriteId(new Guid(i + 1, 0, 0, new byte[8])));
        xml.WriteElementString("Tags", entry.Tags![0]);
        xml.WriteStartElement("Times");
        xml.WriteElementString("LastModificationTime", KeePassValues.WriteTime(modified));
        xml.WriteEndElement();
        Text(KeePassEntry.Title, entry.Name!);
        Text(KeePassEntry.UserName, entry.UserId!);
        Text(KeePassEntry.Password, string.Create(CultureInfo.InvariantCulture, $"{entry.Password} {versions}"));
        Text(KeePassEntry.Url, entry.Url!);
        Text(KeePassEntry.Notes, entry.Notes!);
        Text(KeePassNames.Email, entry.Email!);
        if (versions > 0)
        {
            xml.WriteStartElement("History");
            for (int version = 0; version < versions; version++)
                WriteEntry(xml, values, i, -version, modified.AddDays(version - versions));
            xml.WriteEndElement();
        }
        xml.WriteEndElement();

        void Text(string key, string value)
        {
            xml.WriteStartElement("String");
            xml.WriteElementString("Key", key);
            xml.WriteStartElement("Value");
            if (key == KeePassEntry.Password)
            {
                xml.WriteAttributeString("Protected", "True");
                byte[] bytes = Encoding.UTF8.GetBytes(value);
                values.Apply(bytes);
                value = Convert.ToBase64String(bytes);
            }
            xml.WriteString(value);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }
    }
}
