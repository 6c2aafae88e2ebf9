using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using FsCheck.Fluent;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

/// <summary>One derivation (the weakest that is accepted) serves most of these tests: what has to be refused is refused before any.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "What does not open gives nothing to dispose.")]
public sealed class KeyEnvelopeTests
{
    private const string PackingKey = "correct horse battery staple";
    private static readonly byte[] s_plaintext = RandomNumberGenerator.GetBytes(32);
    private static readonly WrappingKey s_key = Create();
    private static readonly string s_envelope = KeyEnvelope.Seal(EnvelopePurpose.AccountKey, s_key, s_plaintext);

    [Fact]
    public void What_was_sealed_opens_with_its_packing_key()
    {
        using SecretBytes packingKey = SecretBytes.FromChars(PackingKey);
        using SecretBytes opened = KeyEnvelope.Open(EnvelopePurpose.AccountKey, s_envelope, packingKey);
        Assert.Equal(s_plaintext, opened.Span);
        Assert.Equal(KdfParameters.Floor, KeyEnvelope.ParametersOf(s_envelope));
    }

    [Fact]
    public void Any_bytes_make_the_round_trip() => Prop.ForAll<byte[]>(plaintext =>
    {
        using SecretBytes opened = KeyEnvelope.Open(EnvelopePurpose.AccountKey, KeyEnvelope.Seal(EnvelopePurpose.AccountKey, s_key, plaintext), s_key);
        return opened.Span.SequenceEqual(plaintext);
    }).Holds();

    [Fact]
    public void The_same_key_and_text_never_seal_alike() =>
        Assert.Equal(100, Enumerable.Range(0, 100).Select(_ => KeyEnvelope.Seal(EnvelopePurpose.AccountKey, s_key, s_plaintext)).Distinct().Count());

    [Fact]
    public void Every_new_wrapping_key_has_a_salt_of_its_own()
    {
        using WrappingKey other = Create();
        Assert.NotEqual(s_key.Salt, other.Salt);
        Assert.False(s_key.Key.SequenceEqual(other.Key));
        Assert.False(s_key.Key.SequenceEqual(s_key.Commitment));
    }

    [Fact]
    public void A_wrong_packing_key_is_told_apart_from_damage()
    {
        foreach (string wrong in new[] { "", "correct horse battery stapl", "correct horse battery staple ", "Correct horse battery staple" })
            Refuses(ErrorCodes.PackingKeyMismatch, s_envelope, wrong);
    }

    [Fact]
    public void Every_changed_added_or_missing_character_is_refused()
    {
        string alphabet = "ABCZabcz0123456789+/=#|.-_ \t\r\n\0é密\ud83d";
        foreach (int i in Enumerable.Range(0, s_envelope.Length + 1))
        {
            foreach (char c in alphabet)
            {
                RefusesText(s_envelope.Insert(i, c.ToString()));
                if (i < s_envelope.Length && s_envelope[i] != c)
                    RefusesText(s_envelope[..i] + c + s_envelope[(i + 1)..]);
            }
            // The padding of the checksum at the very end is the one character that another writer may leave out.
            if (i < s_envelope.Length - 1)
                RefusesText(s_envelope.Remove(i, 1));
            RefusesText(s_envelope[..Math.Min(i, s_envelope.Length - 2)]);
        }

        static void RefusesText(string text)
        {
            // "8#...", "17#..." and the like could be what a later version writes; everything else is damage. No key is tried.
            string first = text.Split('#')[0];
            bool later = text.Contains('#', StringComparison.Ordinal) && first.All(char.IsAsciiDigit) && int.TryParse(first, out int version) && version > 7;
            Refuses(later ? ErrorCodes.PackTooNew : ErrorCodes.VaultDamaged, text);
        }
    }

    [Fact]
    public void Every_bit_of_the_checksum_counts_however_it_is_spelled()
    {
        // The last character before the padding holds two bits beyond the last byte.
        string withoutPadding = s_envelope.TrimEnd('=');
        foreach (char c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".Where(c => c != withoutPadding[^1]))
        {
            Refuses(ErrorCodes.VaultDamaged, withoutPadding[..^1] + c + "=");
            Refuses(ErrorCodes.VaultDamaged, withoutPadding[..^1] + c);
        }
        Assert.Equal(KdfParameters.Floor, KeyEnvelope.ParametersOf(withoutPadding));
    }

    [Fact]
    public void A_forged_checksum_does_not_hide_changed_bits()
    {
        string[] fields = s_envelope.Split('#');
        foreach (int field in new[] { 5, 6 }) // Nonce; ciphertext and tag.
        {
            byte[] bytes = Convert.FromBase64String(fields[field]);
            for (int bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << bit % 8);
                RefusesWithKey(ErrorCodes.VaultDamaged, Forge(field, Convert.ToBase64String(bytes)));
                bytes[bit / 8] ^= (byte)(1 << bit % 8);
            }
        }
        byte[] commitment = Convert.FromBase64String(fields[4]);
        commitment[0] ^= 1;
        RefusesWithKey(ErrorCodes.PackingKeyMismatch, Forge(4, Convert.ToBase64String(commitment)));
    }

    [Fact]
    public void Fields_before_the_ciphertext_are_bound_to_it_as_they_are_written()
    {
        // The same bytes, spelled without padding: sound to read, yet not what was sealed.
        foreach (int field in new[] { 3, 4 })
            RefusesWithKey(ErrorCodes.VaultDamaged, Forge(field, s_envelope.Split('#')[field].TrimEnd('=')));
        RefusesWithKey(ErrorCodes.VaultDamaged, Forge(2, "16.8.1"));
        // Through the public door these name another derivation, so what comes out is not what was committed to.
        Refuses(ErrorCodes.PackingKeyMismatch, Forge(2, "15.8.2"), PackingKey);
        Refuses(ErrorCodes.PackingKeyMismatch, Forge(3, Convert.ToBase64String(new byte[16])), PackingKey);
    }

    [Theory]
    [InlineData(2, "14.8.1")]
    [InlineData(2, "24.64.16")]
    [InlineData(2, "")]
    [InlineData(3, "")]
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAA")] // 15 bytes
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAAAAA=")] // 17
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAAAB==")] // stray bits
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAAAA=")] // half a padding
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAAAA===")]
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAA\nAA==")]
    [InlineData(3, " AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAA-_==")]
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAAＡＡ==")]
    [InlineData(3, "\ud800")]
    [InlineData(4, "")]
    [InlineData(4, "AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData(5, "")]
    [InlineData(5, "AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData(6, "")]
    [InlineData(6, "AAAAAAAAAAAAAAAAAAAA")] // 15 bytes: no room for a tag
    [InlineData(6, "A")]
    [InlineData(6, "====")]
    [InlineData(6, "AAAAAAAAAAAAAAAAAAAAAA==#AAAA")] // a field too many
    public void A_malformed_field_under_a_sound_checksum_is_damage(int field, string value) => Refuses(ErrorCodes.VaultDamaged, Forge(field, value));

    [Theory]
    [InlineData("")]
    [InlineData("Account")]
    [InlineData("account ")]
    [InlineData("key")]
    public void A_purpose_that_there_is_not_is_damage(string purpose) => Refuses(ErrorCodes.VaultDamaged, Forge(1, purpose));

    [Fact]
    public void Nothing_opens_as_anything_else()
    {
        EnvelopePurpose[] all = Enum.GetValues<EnvelopePurpose>();
        foreach (EnvelopePurpose sealedAs in all)
        {
            string envelope = KeyEnvelope.Seal(sealedAs, s_key, s_plaintext);
            foreach (EnvelopePurpose openedAs in all.Where(purpose => purpose != sealedAs))
            {
                // As it is, and renamed under a checksum that fits: the purpose is bound to the ciphertext.
                string renamed = Forge(envelope, 1, KeyEnvelope.Seal(openedAs, s_key, []).Split('#')[1]);
                foreach (string text in new[] { envelope, renamed })
                    Assert.Equal(ErrorCodes.VaultDamaged, Assert.Throws<PasspackException>(() => KeyEnvelope.Open(openedAs, text, s_key)).ErrorId);
            }
        }
    }

    [Fact]
    public void Texts_that_are_no_envelope_are_damage()
    {
        string[] hostile =
        [
            null!, "", "#", "7", "7#", "7######", "7#######", "8", "8|1", " 8#", "+8#", "-8#", "٨#", "99999999999999999999#", "6#101003#a#b#c", "3|a|b|c",
            new string('#', 4 << 20), "7#" + new string('#', 4 << 20), new string('7', 4 << 20), new string('A', 4 << 20) + "#", "7#account#15.8.1#" + new string('A', 4 << 20),
            "7#account#15.8.1#a#b#c#d#" + new string('=', 4 << 20), string.Concat(Enumerable.Repeat("\ud800", 1000)), s_envelope + "#", s_envelope + s_envelope, "\ufeff" + s_envelope,
        ];
        foreach (string text in hostile)
            Refuses(ErrorCodes.VaultDamaged, text);
        foreach (string text in new[] { "8#", "8#16.8.1#x", "2147483647#" })
            Refuses(ErrorCodes.PackTooNew, text);
    }

    [Fact]
    public void No_text_whatever_ends_in_another_exception()
    {
        Prop.ForAll<string>(OnlyOurs).Holds();
        Prop.ForAll<string, int>((text, field) => OnlyOurs(Forge(1 + (int)((uint)field % 6), text ?? ""))).Holds();

        static bool OnlyOurs(string text)
        {
            try
            {
                KeyEnvelope.Open(EnvelopePurpose.AccountKey, text, s_key).Dispose();
                return false;
            }
            catch (PasspackException)
            {
                return true;
            }
        }
    }

    [Fact]
    public void A_disposed_wrapping_key_seals_nothing()
    {
        WrappingKey key = Create();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => KeyEnvelope.Seal(EnvelopePurpose.AccountKey, key, s_plaintext));
    }

    private static WrappingKey Create()
    {
        using SecretBytes packingKey = SecretBytes.FromChars(PackingKey);
        return WrappingKey.Create(packingKey, KdfParameters.Floor);
    }

    /// <summary>The envelope with one field replaced, under a checksum that fits: no key is needed for that.</summary>
    private static string Forge(int field, string value) => Forge(s_envelope, field, value);

    private static string Forge(string envelope, int field, string value)
    {
        string[] fields = envelope.Split('#');
        fields[field] = value;
        string text = string.Join('#', fields[..7]) + "#";
        return text + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..8]);
    }

    private static void Refuses(string errorId, string text) =>
        Assert.Equal(errorId, Assert.Throws<PasspackException>(() => KeyEnvelope.ParametersOf(text)).ErrorId);

    private static void RefusesWithKey(string errorId, string text) =>
        Assert.Equal(errorId, Assert.Throws<PasspackException>(() => KeyEnvelope.Open(EnvelopePurpose.AccountKey, text, s_key)).ErrorId);

    private static void Refuses(string errorId, string text, string packingKey)
    {
        using SecretBytes secret = SecretBytes.FromChars(packingKey);
        Assert.Equal(errorId, Assert.Throws<PasspackException>(() => KeyEnvelope.Open(EnvelopePurpose.AccountKey, text, secret)).ErrorId);
    }
}
