using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Kdbx;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Sources;
using Passpack.TransferSamples;

namespace Passpack.Core.Tests.Fuzzing;

/// <summary>The readers of KeePass's files: the header alone, the content behind the key derivation, the XML, and KeePassXC's CSV.</summary>
internal static class KeePassFuzzReaders
{
    private static readonly string[] s_errors =
        [ErrorCodes.SourceDamaged, ErrorCodes.SourceTooCostly, ErrorCodes.SourceNotSupported, ErrorCodes.FormatNotRecognized, ErrorCodes.SourceKeyMismatch];

    private static readonly KdbxFileMaker s_maker = new(4, 1, KdbxCipher.ChaCha20, KdbxFileMaker.Argon2(isId: true, 0x13)) { Password = "p", Files = [[1, 2, 3]], IsCompressed = false };
    private static readonly byte[] s_document = Encoding.UTF8.GetBytes(KeePassDocuments.All(KeePassDocuments.Clear, isVersion4: false));
    private static readonly string s_small = KeePassDocuments.One(KeePassDocuments.Text("Title", "t") + KeePassDocuments.Secret("Password", "p", KeePassDocuments.Encrypted));

    /// <summary>Nothing is derived here: the cost is judged, not paid.</summary>
    public static FuzzReader Header => new()
    {
        Name = "KDBX header",
        Seeds = [.. Samples("Kdbx").Select(file => file[..Math.Min(file.Length, 700)])],
        Tokens = [[3, 0xD9, 0xA2, 0x9A], [0x67, 0xFB, 0x4B, 0xB5], [0, 0, 4, 0], [1, 0, 3, 0], [11, 0xFF, 0xFF, 0xFF, 0x7F], [0x42, 5, 0, 0, 0], "$UUID"u8.ToArray()],
        Read = input => KdbxHeader.Read(new MemoryStream(input), "fuzz"),
        ErrorIds = s_errors,
    };

    /// <summary>Blocks, their sums, cipher, inner header and XML, under keys that are derived once; not compressed, so that mutations get through.</summary>
    public static FuzzReader Content
    {
        get
        {
            byte[] file = s_maker.Make(s_small);
            var stream = new MemoryStream(file);
            KdbxHeader header = KdbxHeader.Read(stream, "fuzz");
            int start = (int)stream.Position + 64;
            using SecretBytes password = SecretBytes.FromChars("p");
            using SecretBytes composite = CompositeKey.Of(password, null);
            var keys = FileKeys.Derive(header, composite, CancellationToken.None);
            return new()
            {
                Name = "KDBX content",
                Seeds = [file[start..], s_maker.Make(KeePassDocuments.All(KeePassDocuments.Encrypted, isVersion4: true))[start..]],
                Read = input =>
                {
                    KdbxFile opened = KdbxFile.Open(new MemoryStream(input), "fuzz", header, keys); // Not disposed of: its keys serve every input.
                    foreach (ImportRow _ in KeePassSource.Read(new SourceInput { Name = "fuzz", Stream = Stream.Null }, opened, CancellationToken.None))
                    {
                    }
                },
                // A block of whatever was mutated, with its sum.
                Mend = input =>
                {
                    var mended = new MemoryStream();
                    var blocks = new BlockWriter(mended, keys.Sums);
                    blocks.Write(input.AsSpan(Math.Min(36, input.Length)));
                    blocks.Complete();
                    return mended.ToArray();
                },
                ErrorIds = s_errors,
            };
        }
    }

    private static readonly string[] s_xmlTokens =
    [
        "<Entry>", "</Entry>", "<Group>", "</Group>", "<History>", "<String><Key>otp</Key><Value>", "{REF:P@T:", "{REF:N@I:}", "<![CDATA[", "<!--", "&#0;", "&#xD800;",
        "<Binary><Key>k</Key><Value Ref=\"0\"/></Binary>", "Protected=\"True\"", "<!DOCTYPE a []>", "<?xml version=\"1.0\" encoding=\"utf-16\"?>", "<?xml version=\"1.0\" encoding=\"x\"?>",
    ];

    private static readonly string[] s_csvTokens = ["\",\"", "\"\n\"", "\"\"", "Root/a/b", "otpauth://totp/a?secret=", "2024-01-01T00:00:00Z"];

    public static FuzzReader Xml => new()
    {
        Name = "KeePass XML",
        MostBytes = 16 << 10,
        Seeds = [s_document, Encoding.UTF8.GetBytes(KeePassDocuments.One(KeePassDocuments.Text("Title", "t")))],
        Tokens = [.. s_xmlTokens.Select(Encoding.UTF8.GetBytes)],
        Read = input => Read(input, EntryFileFormat.KeePassXml),
        ErrorIds = s_errors,
    };

    public static FuzzReader Csv => new()
    {
        Name = "KeePassXC CSV",
        Seeds = [.. Samples("KeePassXCCsv")],
        Tokens = [.. s_csvTokens.Select(Encoding.UTF8.GetBytes)],
        Read = input => Read(input, EntryFileFormat.KeePassXCCsv),
        ErrorIds = s_errors,
    };

    private static IEnumerable<byte[]> Samples(string format) => TransferSamples.Samples.All.Where(sample => sample.Format == format).Select(sample => sample.Make());

    private static void Read(byte[] input, EntryFileFormat format)
    {
        foreach (ImportRow row in ImportSource.Read(new MemoryStream(input), "fuzz", new ImportOptions { Format = format }, CancellationToken.None))
        {
            foreach (SourceFile file in row.Source?.Files ?? [])
            {
                using Stream content = file.Open();
                Assert.Equal(file.Length, content.Length);
            }
        }
    }
}
