using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Utilities;
using Org.BouncyCastle.OpenSsl;
using Org.BouncyCastle.Security;

namespace Passpack.Vault.Fields;

/// <summary>The part of a private key that everybody may see: the public key, and the fingerprint that <c>ssh-keygen -l</c> shows.</summary>
public sealed class SshPrivateKey
{
    private const string Begin = "-----BEGIN ", PrivateKey = "PRIVATE KEY-----";
    private static readonly byte[] s_magic = [.. "openssh-key-v1\0"u8];

    private SshPrivateKey(byte[]? publicKey)
    {
        if (publicKey is null)
            return;
        ReadOnlySpan<byte> rest = publicKey;
        string kind = Encoding.ASCII.GetString(NextString(ref rest));
        // Whoever made the file chose it, and it is shown.
        if (kind.Length == 0 || !kind.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '@' or '.'))
            throw new FormatException();
        PublicKey = $"{kind} {Convert.ToBase64String(publicKey)}";
        Fingerprint = $"SHA256:{Convert.ToBase64String(SHA256.HashData(publicKey)).TrimEnd('=')}";
    }

    /// <summary>As a line of <c>authorized_keys</c>, without a comment. Null of a PEM file that is encrypted: nobody knows it without the passphrase.</summary>
    public string? PublicKey { get; }

    /// <summary>SHA256, as OpenSSH writes it. Null likewise.</summary>
    public string? Fingerprint { get; }

    /// <summary>Reads a private key: OpenSSH or PEM (PKCS #1, SEC 1, PKCS #8), encrypted or not.</summary>
    /// <param name="text">As it was entered.</param>
    /// <param name="fault">What is wrong with it, without its text. Null if it was read.</param>
    /// <returns>Null if it is no private key.</returns>
    public static SshPrivateKey? Read(string text, out string? fault)
    {
        text = text.Trim();
        string first = text.Split('\n', 2)[0].Trim();
        fault = null;
        if (!first.StartsWith(Begin, StringComparison.Ordinal) || !first.EndsWith(PrivateKey, StringComparison.Ordinal))
            fault = "it is no private key of OpenSSH or PEM, which begins with -----BEGIN and PRIVATE KEY-----";
        else if (!text.EndsWith($"-----END {first[Begin.Length..]}", StringComparison.Ordinal))
            fault = "its last line, -----END and PRIVATE KEY-----, is missing, so it may be cut off";
        if (fault is not null)
            return null;
        try
        {
            return first.Contains("OPENSSH", StringComparison.Ordinal) ? new SshPrivateKey(ReadOpenSsh(text))
                : first.Contains("ENCRYPTED", StringComparison.Ordinal) || text.Contains("\nProc-Type: 4,ENCRYPTED", StringComparison.Ordinal)
                    ? new SshPrivateKey(null)
                    : new SshPrivateKey(ReadPem(text));
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException or ArithmeticException or InvalidOperationException
            or GeneralSecurityException or CryptoException)
        {
            // BouncyCastle's messages can hold parts of the file.
            fault = "its content is damaged, or of a kind of key that OpenSSH does not have";
            return null;
        }
    }

    // PROTOCOL.key of OpenSSH: the public key stands before the part that may be encrypted.
    private static byte[] ReadOpenSsh(string text)
    {
        string[] lines = text.Split('\n');
        ReadOnlySpan<byte> rest = Convert.FromBase64String(string.Concat(lines[1..^1]));
        if (!rest.StartsWith(s_magic))
            throw new FormatException();
        rest = rest[s_magic.Length..];
        for (int i = 0; i < 3; i++) // cipher, key derivation, its options
            NextString(ref rest);
        if (NextNumber(ref rest) != 1)
            throw new FormatException();
        byte[] publicKey = [.. NextString(ref rest)];
        return NextString(ref rest).Length > 0 ? publicKey : throw new FormatException();
    }

    private static byte[] ReadPem(string text)
    {
        using var reader = new PemReader(new StringReader(text));
        AsymmetricKeyParameter key = reader.ReadObject() switch
        {
            AsymmetricCipherKeyPair pair => pair.Public,
            RsaPrivateCrtKeyParameters rsa => new RsaKeyParameters(false, rsa.Modulus, rsa.PublicExponent),
            ECPrivateKeyParameters ec => new ECPublicKeyParameters("EC", ec.Parameters.G.Multiply(ec.D).Normalize(), ec.Parameters),
            DsaPrivateKeyParameters dsa => new DsaPublicKeyParameters(dsa.Parameters.G.ModPow(dsa.X, dsa.Parameters.P), dsa.Parameters),
            Ed25519PrivateKeyParameters ed => ed.GeneratePublicKey(),
            _ => throw new FormatException(),
        };
        return OpenSshPublicKeyUtilities.EncodePublicKey(key);
    }

    private static uint NextNumber(ref ReadOnlySpan<byte> rest)
    {
        uint number = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(rest);
        rest = rest[sizeof(uint)..];
        return number;
    }

    private static ReadOnlySpan<byte> NextString(ref ReadOnlySpan<byte> rest)
    {
        uint length = NextNumber(ref rest);
        if (length > rest.Length)
            throw new FormatException();
        ReadOnlySpan<byte> value = rest[..(int)length];
        rest = rest[(int)length..];
        return value;
    }
}
