using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using FsCheck.Fluent;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Passpack.Packing.Legacy;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

[SuppressMessage("Reliability", "CA2000", Justification = "What does not open gives nothing to dispose.")]
public sealed class PackTextTests
{
    private static readonly FormatVectors s_vectors = FormatVectors.All;

    public static TheoryData<string> Envelopes => [.. s_vectors.Envelopes.Where(vector => !vector.Lossy).Select(vector => vector.Id)];

    public static TheoryData<string> BadEnvelopes => [.. s_vectors.EnvelopeNegative.Select(vector => vector.Id)];

    public static TheoryData<string> HostProof => [.. s_vectors.HphAes.Select(vector => vector.Id)];

    public static TheoryData<string> RsaKeys => [.. s_vectors.Rsa.Select(vector => vector.KeyId)];

    [Fact]
    public void Every_kind_of_vector_is_there()
    {
        Assert.Equal((50, 13, 5, 5), (s_vectors.Envelopes.Count, s_vectors.EnvelopeNegative.Count, s_vectors.Rsa.Count, s_vectors.HphAes.Count));
        Assert.Equal(["v5-unicode"], s_vectors.Envelopes.Where(vector => vector.Lossy).Select(vector => vector.Id));
    }

    [Theory, MemberData(nameof(Envelopes))]
    public void Envelopes_that_Passpack_made_open(string id)
    {
        OldEnvelopeVector vector = s_vectors.Envelopes.Single(vector => vector.Id == id);
        Assert.Equal(vector.Version, PackText.VersionOf(vector.Encoded));
        if (vector.ExpectedPlaintext is { } expected)
            Assert.Equal(expected, Open(vector.Encoded, vector.Password));
        else
            Refuses(ErrorCodes.TextDamaged, vector.Encoded, vector.Password);
    }

    [Theory, MemberData(nameof(BadEnvelopes))]
    public void Altered_envelopes_are_refused_without_a_word_of_what_they_hold(string id)
    {
        BadEnvelopeVector vector = s_vectors.EnvelopeNegative.Single(vector => vector.Id == id);
        var e = Assert.Throws<PasspackException>(() => Open(vector.Encoded, vector.Password));
        Assert.Contains(e.ErrorId, new[] { ErrorCodes.TextDamaged, ErrorCodes.PackingKeyMismatch });
        Assert.DoesNotContain(vector.Password, e.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(vector.Encoded.Split('#')[^1], e.ToString(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(HostProof))]
    public void Texts_of_2008_open(string id)
    {
        HostProofVector vector = s_vectors.HphAes.Single(vector => vector.Id == id);
        Assert.Equal(0, PackText.VersionOf(vector.Encoded));
        string[] spellings =
        [
            vector.Encoded, vector.Encoded.TrimEnd('='), vector.Encoded.Replace('!', '+'), string.Join("\r\n", vector.Encoded.Chunk(20).Select(line => new string(line))),
            Uri.EscapeDataString(vector.Encoded),
        ];
        foreach (string text in spellings)
            Assert.Equal(vector.Plaintext, Open(text, vector.Key, vector.Bits));
        Assert.NotEqual(vector.Plaintext, Open(vector.Encoded, "x" + vector.Key, vector.Bits));
    }

    [Theory, MemberData(nameof(RsaKeys))]
    public void What_was_encrypted_to_an_RSA_key_opens_with_its_text(string id)
    {
        RsaVector vector = s_vectors.Rsa.Single(vector => vector.KeyId == id);
        RsaKeyText key = RsaKeyText.Parse(vector.PrivateKey), publicKey = RsaKeyText.Parse(vector.PublicKey);
        Assert.Equal((vector.Version, vector.Bits, vector.MaxMessageBytes, true), (key.Version, key.ModulusBits, key.MaxMessageBytes, key.IsPrivate));
        Assert.False(publicKey.IsPrivate);
        foreach (RsaMessage message in vector.Messages)
        {
            if (message.Ciphertext is not { } ciphertext) // Too long for the key, or the key too short for its version.
                continue;
            Assert.Equal(message.Plaintext, Open(ciphertext, vector.PrivateKey));
            Assert.Equal(message.Plaintext, Open(ciphertext.TrimEnd('='), vector.PrivateKey));
            Assert.Throws<PasspackException>(() => publicKey.Decrypt(ciphertext));
            char other = ciphertext[40] == 'A' ? 'B' : 'A';
            Refuses(ErrorCodes.PackingKeyMismatch, ciphertext[..40] + other + ciphertext[41..], vector.PrivateKey);
        }
        if (vector.MaxMessageBytes < 0)
            Refuses(ErrorCodes.TextDamaged, Convert.ToBase64String(new byte[vector.Bits / 8]), vector.PrivateKey);
    }

    [Fact]
    public void Key_version_1_decrypts_as_version_2_does()
    {
        RsaVector vector = s_vectors.Rsa.First(vector => vector.Version == 2);
        foreach (RsaMessage message in vector.Messages.Where(message => message.Ciphertext is not null))
            Assert.Equal(message.Plaintext, Open(message.Ciphertext!, "1" + vector.PrivateKey[1..]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5|AA|AQAB")]
    [InlineData("4|AA|AQAB")]
    [InlineData("4|AQAB|AQAB|AQAB")]
    [InlineData("4#AQAB#AQAB")]
    public void What_is_no_RSA_key_is_refused(string text) =>
        Assert.Equal(ErrorCodes.TextDamaged, Assert.Throws<PasspackException>(() => RsaKeyText.Parse(text)).ErrorId);

    [Fact]
    public void Numbers_of_an_RSA_key_that_do_not_belong_together_are_refused()
    {
        string[] fields = s_vectors.Rsa[0].PrivateKey.Split('|');
        for (int i = 0; i < fields.Length; i++)
        {
            foreach (string value in new[] { "", "AA==", "AQ==", "A", "AQ-_", fields[i] + "A", i == 3 ? fields[4] : fields[3], new string('A', 5000) })
            {
                string text = string.Join('|', [.. fields[..i], value, .. fields[(i + 1)..]]);
                var e = Assert.Throws<PasspackException>(() => RsaKeyText.Parse(text));
                Assert.Equal(ErrorCodes.TextDamaged, e.ErrorId);
            }
        }
    }

    [Fact]
    public void The_hash_of_2008_is_that_of_its_library()
    {
        foreach (HashxVector vector in s_vectors.Hashx)
            Assert.Equal((vector.Hashx, vector.HashxFull), (Hashx.Half(vector.Input), Hashx.Full(vector.Input)));
        MasterKeyVector master = Assert.Single(s_vectors.HphNotesMasterKey);
        Assert.Equal(master.HphNotesMasterKeyHex, Convert.ToHexString(Encoding.Latin1.GetBytes(Hashx.MasterKey(master.Password))), ignoreCase: true);
    }

    [Fact]
    public void The_Base64_of_2008_is_that_of_its_library()
    {
        foreach (Base64PlusVector vector in s_vectors.Base64plus)
            Assert.Equal(vector.Decoded, new string(HostProofText.DecodeBase64(vector.Encoded)));
    }

    [Theory]
    [InlineData(5), InlineData(6)]
    public void What_is_written_for_Passpack_has_its_shape_and_opens(int version)
    {
        foreach (string text in new[] { "", "  outer spaces \r\n\0", "Пароль 密码 🔐 e\u0301", new string('é', 5000), new string('a', 127), new string('a', 128) })
        {
            string envelope = Seal(text, "key", version);
            string[] fields = envelope.Split('#');
            Assert.Equal([version.ToString(System.Globalization.CultureInfo.InvariantCulture), "101003"], fields[..2]);
            Assert.Equal((32, 32, 5), (Convert.FromBase64String(fields[2]).Length, Convert.FromBase64String(fields[3]).Length, fields.Length));
            Assert.Equal(text, Open(envelope, "key"));
            Refuses(ErrorCodes.PackingKeyMismatch, envelope, "Key");
        }
        Assert.NotEqual(Seal("x", "key", version), Seal("x", "key", version));
    }

    [Fact]
    public void What_is_sealed_today_opens_and_its_key_is_told_from_damage()
    {
        string text = Seal("  note\n", "correct horse");
        Assert.Equal(7, PackText.VersionOf(text));
        Assert.Equal("  note\n", Open($" {text}\r\n", "correct horse"));
        Refuses(ErrorCodes.PackingKeyMismatch, text, "correct horse ");
        Refuses(ErrorCodes.TextDamaged, text[..^8], "correct horse");
    }

    [Fact]
    public void Keys_are_neither_trimmed_nor_normalised()
    {
        string envelope = Seal("x", "é");
        Refuses(ErrorCodes.PackingKeyMismatch, envelope, "e\u0301");
        Assert.Equal("x", Open(envelope, "é"));
        Assert.Equal("", Open(Seal("", "", 6), ""));
    }

    [Theory]
    [InlineData("", ErrorCodes.TextDamaged)]
    [InlineData(" ", ErrorCodes.TextDamaged)]
    [InlineData("#", ErrorCodes.TextDamaged)]
    [InlineData("0#", ErrorCodes.TextDamaged)]
    [InlineData("4#AA#AA#AA", ErrorCodes.TextDamaged)]
    [InlineData("03#AA#AA#AA", ErrorCodes.TextDamaged)]
    [InlineData("3|AA#AA#AA", ErrorCodes.TextDamaged)]
    [InlineData("8#x", ErrorCodes.PackTooNew)]
    [InlineData("17#x", ErrorCodes.PackTooNew)]
    [InlineData("6#0#AAAA#AAAA#AAAAAAAAAAAAAAAAAAAAAA==", ErrorCodes.TextDamaged)]
    [InlineData("6#10000001#AAAA#AAAA#AAAAAAAAAAAAAAAAAAAAAA==", ErrorCodes.TextDamaged)]
    [InlineData("6#99999999999999#AAAA#AAAA#AAAAAAAAAAAAAAAAAAAAAA==", ErrorCodes.TextDamaged)]
    [InlineData("6#+1#AAAA#AAAA#AAAAAAAAAAAAAAAAAAAAAA==", ErrorCodes.TextDamaged)]
    [InlineData("6#1##AAAA#AAAAAAAAAAAAAAAAAAAAAA==", ErrorCodes.TextDamaged)]
    [InlineData("6#1#AAAA##AAAAAAAAAAAAAAAAAAAAAA==", ErrorCodes.TextDamaged)]
    [InlineData("6#1#AAAA#AAAA#AAAAAAAAAAA\nAAAAAAAAAAA==", ErrorCodes.TextDamaged)]
    [InlineData("6#1#AAAA#AAAA#AAAAAAAAAAAAAAAAAAAA", ErrorCodes.TextDamaged)]
    [InlineData("2#AAAA#AAAA#AAAAAAAAAAAAAAAAAAAAAA==", ErrorCodes.TextDamaged)]
    [InlineData("2#AAAAAAAAAAAAAAAAAAAAAA==#AAAA#AAAA", ErrorCodes.TextDamaged)]
    [InlineData("Zm9v", ErrorCodes.TextDamaged)]
    [InlineData("no packed text", ErrorCodes.TextDamaged)]
    [InlineData("密码", ErrorCodes.TextDamaged)]
    public void What_no_key_can_open_is_refused_before_any_derivation(string text, string errorId) => Refuses(errorId, text, "key");

    [Fact]
    public void A_text_beyond_the_bound_is_refused_before_it_is_looked_at()
    {
        Refuses(ErrorCodes.TextDamaged, "6#1#AAAA#AAAA#" + new string('A', PackText.MaxCharacters), "key");
        Refuses(ErrorCodes.TextDamaged, new string('A', PackText.MaxCharacters + 1), "key");
    }

    [Theory]
    [InlineData(12), InlineData(13), InlineData(16), InlineData(32), InlineData(1), InlineData(64)]
    public void The_text_says_how_long_its_initialization_vector_is(int ivBytes)
    {
        byte[] iv = RandomNumberGenerator.GetBytes(ivBytes), sealedBytes = new byte[3 + 16];
        byte[] key = RandomNumberGenerator.GetBytes(32);
        var gcm = new Org.BouncyCastle.Crypto.Modes.GcmBlockCipher(new AesEngine());
        gcm.Init(true, new AeadParameters(new KeyParameter(key), 128, iv));
        gcm.DoFinal(sealedBytes, gcm.ProcessBytes("abc"u8.ToArray(), 0, 3, sealedBytes, 0));
        string text = $"6|1|{Convert.ToBase64String(iv).TrimEnd('=')}|AAAA|{Convert.ToBase64String(sealedBytes)}|and more";
        using SecretBytes opened = LegacyEnvelope.Open(text, (_, _, _) => SecretBytes.CopyOf(key));
        Assert.Equal("abc"u8, opened.Span);
    }

    [Fact]
    public void Texts_in_Latin_1_are_recovered_where_the_envelope_is_authentic()
    {
        using SecretBytes recovered = LegacyEnvelope.Text([0x63, 0xE9, 0xFF], authentic: true);
        Assert.Equal("céÿ", Encoding.UTF8.GetString(recovered.Span));
        Assert.Throws<PasspackException>(() => LegacyEnvelope.Text([0x63, 0xE9, 0xFF], authentic: false));
    }

    [Fact]
    public void A_wrong_key_never_opens_the_envelopes_without_integrity_as_garbage()
    {
        OldEnvelopeVector vector = s_vectors.Envelopes.First(vector => vector.Version == 2 && vector.Id == "v2-len300");
        for (int i = 0; i < 3000; i++)
            Refuses(ErrorCodes.PackingKeyMismatch, vector.Encoded, $"wrong {i}");
    }

    [Fact]
    public void Any_text_makes_the_round_trip_through_PSON() => Prop.ForAll<byte[]>(bytes =>
    {
        string text = Encoding.Latin1.GetString(bytes ?? []);
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        using SecretBytes payload = PsonText.Write(utf8), read = PsonText.Read(payload.Span, version3: false), read3 = PsonText.Read(payload.Span, version3: true);
        return read.Span.SequenceEqual(utf8) && read3.Span.SequenceEqual(utf8);
    }).Holds();

    [Fact]
    public void Garbage_in_a_block_of_an_RSA_key_is_refused_in_every_place()
    {
        // OAEP of the right key and another label, and raw RSA without any: both decrypt, neither is encoded so.
        RsaVector vector = s_vectors.Rsa.First(vector => vector.Version == 3);
        string[] fields = vector.PublicKey.Split('|');
        var key = new RsaKeyParameters(false, new BigInteger(1, Convert.FromBase64String(fields[1])), new BigInteger(1, Convert.FromBase64String(fields[2])));
        var otherLabel = new OaepEncoding(new RsaEngine(), new Sha512Digest(), new Sha512Digest(), "z"u8.ToArray());
        otherLabel.Init(true, key);
        Refuses(ErrorCodes.PackingKeyMismatch, Convert.ToBase64String(otherLabel.ProcessBlock("x"u8.ToArray(), 0, 1)), vector.PrivateKey);
        byte[] one = new byte[256];
        one[^1] = 1;
        Refuses(ErrorCodes.PackingKeyMismatch, Convert.ToBase64String(one), vector.PrivateKey);
        Refuses(ErrorCodes.PackingKeyMismatch, Convert.ToBase64String(Enumerable.Repeat((byte)0xFF, 256).ToArray()), vector.PrivateKey);
    }

    private static string Open(string text, string key, int bits = 256)
    {
        using SecretBytes secret = SecretBytes.FromChars(key), opened = PackText.Open(text, secret, bits);
        return Encoding.UTF8.GetString(opened.Span);
    }

    private static string Seal(string text, string key, int version = 7)
    {
        using SecretBytes secret = SecretBytes.FromChars(key), plaintext = SecretBytes.FromChars(text);
        return PackText.Seal(plaintext, secret, version);
    }

    private static void Refuses(string errorId, string text, string key) =>
        Assert.Equal(errorId, Assert.Throws<PasspackException>(() => Open(text, key)).ErrorId);
}
