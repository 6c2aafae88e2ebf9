using System.Globalization;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Transfer.Kdbx;
using Passpack.Transfer.KeePass;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Sources;

/// <summary>
/// KeePass databases (KDBX 2 to 4.1) and KeePass 2's XML in the clear. Entries are given as they are read; those with references wait until the file
/// has been read again for what these lead to.
/// </summary>
internal static class KeePassSource
{
    private const long MostWaitingCharacters = 64 << 20;

    public static SourceFormat Kdbx { get; } = new(EntryFileFormat.Kdbx, "KeePass or KeePassXC", "a KeePass database, KDBX 3.1, 4.0 or 4.1 (.kdbx)")
    {
        Fits = start => KdbxHeader.IsLike(start.Bytes),
        Read = ReadKdbx,
        Key = "the password of the database",
        IsTried = true,
    };

    public static SourceFormat Xml { get; } = new(EntryFileFormat.KeePassXml, "KeePass or KeePassXC", "KeePass 2 XML, exported in the clear")
    {
        Fits = start => start.Bytes.TrimStart(" \t\r\n"u8) is [(byte)'<', ..] && start.Bytes.IndexOf("<KeePassFile"u8) >= 0,
        Read = ReadXml,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> ReadKdbx(SourceInput input, CancellationToken cancellationToken)
    {
        using KdbxFile file = KdbxFile.Open(input.Seekable(), input.Name, () => Key(input), cancellationToken);
        foreach (ImportRow row in Read(input, file, cancellationToken))
            yield return row;
    }

    /// <summary>The entries of a database that was opened.</summary>
    internal static IEnumerable<ImportRow> Read(SourceInput input, KdbxFile file, CancellationToken cancellationToken)
    {
        byte[]? headerHash = file.Header.Major < 4 ? SHA256.HashData(file.Header.Bytes) : null;
        return Read(input, Open, number => OpenFile(file, number, input.Name), cancellationToken);

        KeePassDocument Open(BinaryStore files, out KeePassXmlReader reader)
        {
            ContentStream content = file.OpenContent();
            ValueCipher values = file.Header.Major >= 4
                ? InnerHeader.Read(content, files, input.Name)
                : ValueCipher.Create(file.Header.ValueCipher, file.Header.ValueKey, input.Name);
            reader = new KeePassXmlReader(content, values, input.Name);
            return new KeePassDocument(reader, files, input.Name) { HeaderHash = headerHash };
        }
    }

    private static IEnumerable<ImportRow> ReadXml(SourceInput input, CancellationToken cancellationToken)
    {
        bool isFirst = true;
        return Read(input, Open, _ => null, cancellationToken);

        KeePassDocument Open(BinaryStore files, out KeePassXmlReader reader)
        {
            Stream xml = isFirst ? input.Stream : new KdbxFile.OpenStream(input.Seekable());
            isFirst = false;
            reader = new KeePassXmlReader(new ContentStream(xml, input.Name) { IsXml = true }, null, input.Name);
            return new KeePassDocument(reader, files, input.Name);
        }
    }

    private delegate KeePassDocument Opening(BinaryStore files, out KeePassXmlReader reader);

    private static IEnumerable<ImportRow> Read(SourceInput input, Opening open, Func<string, Stream?> openFile, CancellationToken cancellationToken)
    {
        var files = new BinaryStore();
        var references = new KeePassReferences();
        var waiting = new List<(long Number, KeePassEntry Entry)>();
        long number = 0, waitingCharacters = 0;
        KeePassDocument document = open(files, out KeePassXmlReader reader);
        using (reader)
        {
            foreach (KeePassEntry entry in document.Read(cancellationToken))
            {
                number++;
                if (entry.Fault is null && KeePassReferences.HasSome(entry))
                {
                    references.Seek(entry);
                    waiting.Add((number, entry));
                    if ((waitingCharacters += Characters(entry)) > MostWaitingCharacters)
                        throw KdbxErrors.TooLarge(input.Name, "holds more than 64 million characters in entries with references");
                    continue;
                }
                yield return KeePassItem.ToRow(number, entry, null, OpenOf);
            }
        }
        if (document.GroupNotes > 0)
            input.Warn(string.Create(CultureInfo.InvariantCulture, $"{input.Name}: notes of {document.GroupNotes} groups have no place in an account."));
        if (waiting.Count == 0)
            yield break;
        document = open(new BinaryStore(), out KeePassXmlReader again);
        using (again)
        {
            foreach (KeePassEntry entry in document.Read(cancellationToken))
                references.Offer(entry);
        }
        foreach ((long its, KeePassEntry entry) in waiting)
            yield return KeePassItem.ToRow(its, entry, references, OpenOf);

        SourceFile? OpenOf(KeePassFile file)
        {
            if (file.Content is { } own)
                return new SourceFile(file.Name, own.Length, () => new MemoryStream(own, writable: false));
            if (file.Number is null || files.Find(file.Number) is not { } found)
                return null;
            return new SourceFile(file.Name, found.Length, () => found.Content is { } kept
                ? new MemoryStream(kept, writable: false)
                : openFile(file.Number) ?? FromXml(file.Number));
        }

        Stream FromXml(string wanted)
        {
            KeePassDocument head = open(new BinaryStore(), out KeePassXmlReader xml);
            using (xml)
                return new MemoryStream(head.ReadFile(wanted) ?? throw KdbxErrors.Damaged(input.Name, "an attachment is missing"), writable: false);
        }
    }

    private static LimitedStream? OpenFile(KdbxFile file, string number, string source)
    {
        if (file.Header.Major < 4)
            return null;
        ContentStream content = file.OpenContent();
        return new LimitedStream(content, InnerHeader.Seek(content, int.Parse(number, CultureInfo.InvariantCulture), source));
    }

    private static SecretBytes Key(SourceInput input)
    {
        if (input.Key is null && input.KeyFile is null)
            throw KdbxErrors.KeyRequired(input.Name);
        using SecretBytes? keyFile = input.KeyFile is null ? null : KeyFile.Read(input.KeyFile, input.Name);
        return CompositeKey.Of(input.Key, keyFile);
    }

    private static long Characters(KeePassEntry entry) => entry.History.Append(entry).Sum(version =>
        version.Texts.Sum(text => (long)text.Value.Length) + version.Files.Sum(file => (long)(file.Content?.Length ?? 0)));

    /// <summary>The next bytes of a stream, which is closed with it.</summary>
    private sealed class LimitedStream(Stream stream, long length) : ForwardStream
    {
        private long _left = length;

        public override int Read(Span<byte> buffer)
        {
            int count = stream.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
            _left -= count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                stream.Dispose();
            base.Dispose(disposing);
        }
    }
}
