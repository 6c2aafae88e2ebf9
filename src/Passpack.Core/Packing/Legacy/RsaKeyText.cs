using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Legacy;

/// <summary>
/// Passpack's RSA keys as text: <c>version|m|e|d|p|q|dp|dq|u</c> (private), <c>version|m|e</c> (public), numbers unsigned and big endian in Base64.
/// Texts are encrypted to them by RSAES-OAEP (RFC 8017, section 7.1); the key's version determines hash and label.
/// </summary>
public sealed class RsaKeyText
{
    private const int MinModulusBits = 1024;
    private const int MaxModulusBits = 8192; // Passpack's own keys have 1024 to 4096; larger ones would be slow.
    private const int PrivateFields = 9;
    private const int PublicFields = 3;

    private static readonly byte[] s_label = "zz"u8.ToArray();

    private readonly RsaPrivateCrtKeyParameters? _private;

    private RsaKeyText(int version, BigInteger modulus, RsaPrivateCrtKeyParameters? privateKey)
    {
        Version = version;
        ModulusBits = modulus.BitLength;
        _private = privateKey;
    }

    /// <summary>1 to 4.</summary>
    public int Version { get; }

    /// <summary>Bits of the modulus.</summary>
    public int ModulusBits { get; }

    /// <summary>Whether this is a private key.</summary>
    public bool IsPrivate => _private is not null;

    /// <summary>The most bytes of a message to this key. Negative if the key is too short for the hash of its version.</summary>
    public int MaxMessageBytes => (ModulusBits + 7) / 8 - 2 * Hash().GetDigestSize() - 2;

    /// <summary>Reads a key text.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.TextDamaged"/>: not a key text, or its numbers do not belong together.</exception>
    public static RsaKeyText Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] fields = text.Split('|', PrivateFields + 1);
        if (fields.Length is not (PrivateFields or PublicFields) || fields[0] is not ("1" or "2" or "3" or "4"))
            throw PackText.Damaged("it is no RSA key of version 1 to 4");
        BigInteger[] numbers = [.. fields.Skip(1).Select(Number)];
        BigInteger m = numbers[0], e = numbers[1];
        if (m.BitLength is < MinModulusBits or > MaxModulusBits || !m.TestBit(0))
            throw PackText.Damaged($"the modulus of the RSA key is no odd number of {MinModulusBits} to {MaxModulusBits} bits");
        if (e.BitLength is < 2 or > 64 || !e.TestBit(0))
            throw PackText.Damaged("the exponent of the RSA key is not one");
        return new RsaKeyText(fields[0][0] - '0', m, fields.Length == PublicFields ? null : Private(numbers));
    }

    /// <summary>Opens a text that was encrypted to this key.</summary>
    /// <param name="ciphertext">One block in Base64, padded or not.</param>
    /// <returns>The message: UTF-8, as it was written.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.TextDamaged"/>: not a block of this key's size, or the key cannot decrypt. <see cref="ErrorCodes.PackingKeyMismatch"/>:
    /// encrypted to another key, or altered.
    /// </exception>
    public SecretBytes Decrypt(string ciphertext)
    {
        ArgumentNullException.ThrowIfNull(ciphertext);
        if (_private is null)
            throw PackText.Damaged("the RSA key is a public one, which opens nothing");
        if (MaxMessageBytes < 0)
            throw PackText.Damaged($"the RSA key of {ModulusBits} bits is too short for its version");
        int size = (ModulusBits + 7) / 8;
        if (ciphertext.Length > size * 2 || Base64Text.Decode(ciphertext) is not { } block || block.Length != size)
            throw PackText.Damaged($"it is not one block of the {size} bytes that the RSA key asks for");
        byte[]? message = null;
        try
        {
            var oaep = new OaepEncoding(new RsaBlindedEngine(), Hash(), Hash(), Version == 4 ? [] : s_label);
            oaep.Init(forEncryption: false, _private);
            message = oaep.ProcessBlock(block, 0, block.Length);
            return Utf8.IsValid(message) ? SecretBytes.CopyOf(message) : throw PackText.Damaged("it holds something else than a text");
        }
        // The number is not below the modulus, the padding is wrong, or the primes are not prime and a number has no inverse.
        catch (Exception e) when (e is InvalidCipherTextException or DataLengthException or ArithmeticException or InvalidOperationException or CryptoException)
        {
            throw new PasspackException(ErrorCodes.PackingKeyMismatch, "The RSA key is not the one that this was encrypted to, or the text was altered.", e);
        }
        finally
        {
            message.AsSpan().Clear();
        }
    }

    /// <summary>Whether a key has the form of an RSA key text: a version and eight numbers.</summary>
    internal static bool TryRead(SecretBytes key, [NotNullWhen(true)] out RsaKeyText? rsa)
    {
        rsa = null;
        if (key.Span.Count((byte)'|') != PrivateFields - 1 || key.Span[1] != '|')
            return false;
        rsa = Parse(Encoding.UTF8.GetString(key.Span));
        return true;
    }

    private IDigest Hash() => Version <= 2 ? new Sha256Digest() : new Sha512Digest();

    private static BigInteger Number(string field)
    {
        // One byte more than the largest modulus, for Java's sign byte.
        if (field.Length > MaxModulusBits / 4 || Base64Text.Decode(field) is not { Length: > 0 } bytes || bytes.Length > MaxModulusBits / 8 + 1)
            throw PackText.Damaged("a number of the RSA key cannot be read");
        return new BigInteger(1, bytes);
    }

    private static RsaPrivateCrtKeyParameters Private(BigInteger[] numbers)
    {
        (BigInteger m, BigInteger e, BigInteger d, BigInteger p) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        (BigInteger q, BigInteger dp, BigInteger dq, BigInteger u) = (numbers[4], numbers[5], numbers[6], numbers[7]);
        // Every number is reduced to its smallest form, so that a forged one cannot take longer.
        if (p.BitLength < 2 || q.BitLength < 2 || d.SignValue == 0 || d.CompareTo(m) >= 0 || !p.Multiply(q).Equals(m)
            || dp.SignValue == 0 || !d.Mod(p.Subtract(BigInteger.One)).Equals(dp) || dq.SignValue == 0 || !d.Mod(q.Subtract(BigInteger.One)).Equals(dq)
            || u.CompareTo(p) >= 0 || !u.Multiply(q).Mod(p).Equals(BigInteger.One))
            throw PackText.Damaged("the numbers of the RSA key do not belong together");
        try
        {
            return new RsaPrivateCrtKeyParameters(m, e, d, p, q, dp, dq, u);
        }
        catch (ArgumentException inner)
        {
            throw PackText.Damaged("the numbers of the RSA key are none of an RSA key", inner);
        }
    }
}
