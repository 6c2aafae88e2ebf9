using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Passpack.Core.Tests.Packing;
using Passpack.Packing.Keys;
using Passpack.Packing.Legacy;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Core.Tests.Fuzzing;

/// <summary>Every reader of input from outside. A new one gets a property here and a place in the list.</summary>
internal static class FuzzReaders
{
    private static readonly byte[] s_key = SHA256.HashData("a fixed key"u8);
    private static readonly EnvelopeVector s_envelope = PackingVectors.All.Envelopes[0];
    private static readonly WrappingKey s_wrappingKey = Wrapping();
    private static readonly string[] s_unreadable = [ErrorCodes.TextDamaged, ErrorCodes.PackingKeyMismatch, ErrorCodes.PackTooNew];

    public static IReadOnlyList<FuzzReader> All { get; } =
    [
        LegacyEnvelopes, CurrentEnvelope, Pson, RsaKeys, RsaMessages, HostProofTexts, EntryFiles, RecordsOnTheWire,
        KeyFuzzReaders.KeyRecords, KeyFuzzReaders.Identities, KeyFuzzReaders.Statements, KeyFuzzReaders.Manifests, KeyFuzzReaders.ManifestTexts,
        BackupFuzzReaders.File, BackupFuzzReaders.Frame, BackupFuzzReaders.VaultFile,
        KeePassFuzzReaders.Header, KeePassFuzzReaders.Content, KeePassFuzzReaders.Xml, KeePassFuzzReaders.Csv,
        BreachFuzzReaders.Lists,
        .. SourceFuzzReaders.All,
    ];

    /// <summary>Of the client and of the server: there is one.</summary>
    private static FuzzReader RecordsOnTheWire => new()
    {
        Name = "records on the wire",
        Seeds = [.. RecordMessageTests.Samples.Select(message => message.ToArray())],
        Tokens = [[.. RecordMessage.Magic], .. Tokens("M", "R", "V", "E\0\0\0\0", "{}", "{\"nextPage\":", "{\"head\":{\"manifests\":["), [0, 0, 0, 58], [0, 0x20, 0, 0], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF]],
        Read = input =>
        {
            try
            {
                RecordMessageTests.ReadAny(input);
            }
            catch (Exception e) when (e is RecordFormatException or System.Text.Json.JsonException)
            {
                throw new PasspackException(ErrorCodes.ServerRefused, e.Message, e);
            }
        },
        ErrorIds = [ErrorCodes.ServerRefused],
    };

    private static FuzzReader LegacyEnvelopes => new()
    {
        Name = "envelope 1-6",
        Seeds =
        [
            // Sealed under the fixed key; and Passpack's own, short enough for mutations to hit something.
            Bytes(Gcm(3, "héllo")), Bytes(Gcm(5, "héllo")), Bytes(Gcm(6, "héllo")), Bytes(Cbc("2", "hello")), Bytes(Cbc("1", "")),
            .. FormatVectors.All.Envelopes.Where(vector => vector.Encoded.Length < 200).Select(vector => Bytes(vector.Encoded)),
        ],
        Tokens = Tokens("#", "|", "1#", "2#", "3|", "5#101003#", "6#10000000#", "##", "==", "AAAA", "7#", "8#"),
        Read = input => LegacyEnvelope.Open(Text(input), (_, _, bytes) => SecretBytes.CopyOf(s_key.AsSpan(..bytes))).Dispose(),
        ErrorIds = s_unreadable,
    };

    private static FuzzReader CurrentEnvelope => new()
    {
        Name = "envelope 7",
        Seeds = [Bytes(s_envelope.Envelope)],
        Tokens = Tokens("#", "7#", "7#account#", "backup", "text", "17.8.1", "15.8.4", "99.99.99", "##", "==", "AAAA", "8#"),
        Read = input => KeyEnvelope.Open(EnvelopePurpose.AccountKey, Text(input), s_wrappingKey).Dispose(),
        Mend = input =>
        {
            string text = Text(input);
            text = text[..(text.LastIndexOf('#') + 1)];
            return Bytes(text + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..8]));
        },
        ErrorIds = [ErrorCodes.VaultDamaged, ErrorCodes.PackingKeyMismatch, ErrorCodes.PackTooNew],
    };

    private static FuzzReader Pson => new()
    {
        Name = "PSON",
        Seeds = [.. new[] { "", "a", "héllo", new string('a', 127), new string('é', 200) }.Select(PsonOf), [.. PsonOf("")[..^1], 0xFC, 0x2C, .. new byte[300]], [.. PsonOf("")[..^1], 0x0E]],
        Tokens = [.. Enumerable.Range(0xF0, 16).Select(b => new[] { (byte)b }), [0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0xFC, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], [0xF6, 0x01]],
        Read = input =>
        {
            try
            {
                PsonText.Read(input, version3: false).Dispose();
            }
            finally
            {
                PsonText.Read(input, version3: true).Dispose();
            }
        },
        ErrorIds = s_unreadable,
    };

    private static FuzzReader RsaKeys => new()
    {
        Name = "RSA key text",
        Seeds = [Bytes(SmallKey), .. FormatVectors.All.Rsa.SelectMany(vector => new[] { Bytes(vector.PrivateKey), Bytes(vector.PublicKey) })],
        Tokens = Tokens("|", "1|", "4|", "5|", "AQAB", "AA==", "AQ==", "Ag==", "||", "A"),
        Read = input =>
        {
            var key = RsaKeyText.Parse(Text(input));
            if (key.IsPrivate)
                key.Decrypt(Convert.ToBase64String(new byte[(key.ModulusBits + 7) / 8])).Dispose();
        },
        ErrorIds = s_unreadable,
    };

    private static FuzzReader RsaMessages
    {
        get
        {
            var key = RsaKeyText.Parse(SmallKey);
            return new()
            {
                Name = "RSA message",
                Seeds = [Bytes(Encrypted("hello")), Bytes(Encrypted(""))],
                Tokens = Tokens("=", "/", "+", "-", "A"),
                Read = input => key.Decrypt(Text(input)).Dispose(),
                ErrorIds = s_unreadable,
            };
        }
    }

    private static FuzzReader HostProofTexts => new()
    {
        Name = "2008 text",
        Seeds = [.. FormatVectors.All.HphAes.Select(vector => Bytes(vector.Encoded)), .. FormatVectors.All.HphAes.Select(vector => Convert.FromBase64String(vector.Encoded.Replace('!', '+')))],
        Tokens = Tokens("!", "!33!", "!0!", "!999!", "-", "--", "%", "%3D", "%21", "="),
        Read = input =>
        {
            // What is no Base64 was taken out of one: the inner form is mutated, too.
            string text = Text(input);
            if (!HostProofText.CanBe(text))
                text = Convert.ToBase64String(input).Replace('+', '!');
            using SecretBytes key = SecretBytes.CopyOf("key"u8);
            PackText.Open(text, key, (input.Length % 3) switch { 0 => 128, 1 => 192, _ => 256 }).Dispose();
        },
        ErrorIds = s_unreadable,
    };

    private static FuzzReader EntryFiles => new()
    {
        Name = "CSV and JSON of entries",
        Seeds =
        [
            File.ReadAllBytes(Transfer.TransferTests.SamplePath), "Entry Name,Password\nn,p\n"u8.ToArray(), "\"n\",\"u\",\"p\",\"https://x\",\"a b\",\"l1\nl2\",\"e\"\n"u8.ToArray(),
            "name\tuserid\tpassword\tlink\nn\tu\tp\thttps://x\n"u8.ToArray(), """[{"Entry Name":"n","Tags":"{\"tags\":[]}","Favorite":true}]"""u8.ToArray(),
        ],
        Tokens = Tokens("\"\"", "\",\"", "\t", ",", "{", "[", "{\"\"tags\"\":[\"\"", "\\", "]}", "Entry Name", "name", "\n\"", "[[[[[[[["),
        Read = input =>
        {
            // By content, and as whatever it is said to be.
            EntryFileFormat?[] formats = [null, .. Enum.GetValues<EntryFileFormat>()];
            foreach (ImportRow row in ImportSource.Read(new MemoryStream(input), "fuzz", new ImportOptions { Format = formats[input.Length % formats.Length] }, CancellationToken.None))
                Assert.True(row.Values is null != row.Error is null);
        },
        ErrorIds =
        [
            ErrorCodes.FormatNotRecognized, ErrorCodes.FormatAmbiguous, ErrorCodes.SourceKeyRequired, ErrorCodes.SourceKeyMismatch, ErrorCodes.SourceDamaged,
            ErrorCodes.SourceTooCostly, ErrorCodes.SourceNotSupported,
        ],
    };

    /// <summary>Made once for these tests, of version 2: 1024 bits are what the oldest keys of Passpack's web application had.</summary>
    private static string SmallKey => "2" + FormatVectors.All.Rsa.Single(vector => vector.Bits == 1024).PrivateKey[1..];

    private static string Encrypted(string text)
    {
        string[] fields = SmallKey.Split('|');
        var random = SecureRandom.GetInstance("SHA256PRNG", false);
        random.SetSeed(1); // So that it is the same text in every run.
        var oaep = new OaepEncoding(new RsaEngine(), new Sha256Digest(), new Sha256Digest(), "zz"u8.ToArray());
        var key = new RsaKeyParameters(false, new BigInteger(1, Convert.FromBase64String(fields[1])), new BigInteger(1, Convert.FromBase64String(fields[2])));
        oaep.Init(true, new ParametersWithRandom(key, random));
        return Convert.ToBase64String(oaep.ProcessBlock(Bytes(text), 0, text.Length));
    }

    private static byte[] PsonOf(string text)
    {
        using SecretBytes pson = PsonText.Write(Encoding.UTF8.GetBytes(text));
        return pson.Span.ToArray();
    }

    private static string Gcm(int version, string text)
    {
        byte[] payload = version == 6 ? Bytes(text) : PsonOf(text), iv = new byte[version == 3 ? 16 : 32], sealedBytes = new byte[payload.Length + 16];
        var gcm = new GcmBlockCipher(new AesEngine());
        gcm.Init(true, new AeadParameters(new(s_key), 128, iv));
        gcm.DoFinal(sealedBytes, gcm.ProcessBytes(payload, 0, payload.Length, sealedBytes, 0));
        string fields = $"#{Convert.ToBase64String(iv)}#{Convert.ToBase64String(iv)}#{Convert.ToBase64String(sealedBytes)}";
        return version == 3 ? $"3{fields}" : $"{version}#1{fields}";
    }

    [SuppressMessage("Security", "CA5401", Justification = "A fixed input, on purpose.")]
    private static string Cbc(string version, string text)
    {
        using var aes = Aes.Create();
        aes.Key = s_key[..16];
        string iv = Convert.ToBase64String(new byte[16]);
        return $"{version}|{iv}|{iv}|{Convert.ToBase64String(aes.EncryptCbc(Encoding.UTF8.GetBytes(text), new byte[16]))}";
    }

    private static WrappingKey Wrapping()
    {
        using SecretBytes key = SecretBytes.FromChars(s_envelope.PackingKey);
        return WrappingKey.Derive(key, Convert.FromBase64String(s_envelope.Envelope.Split('#')[3]), KeyEnvelope.ParametersOf(s_envelope.Envelope));
    }

    private static byte[][] Tokens(params string[] tokens) => [.. tokens.Select(Bytes)];

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
