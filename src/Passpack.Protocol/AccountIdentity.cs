using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Passpack.Protocol;

/// <summary>
/// Who an account is to others, in one epoch: its User ID, the key that its signatures are verified by (Ed25519, RFC 8032), and the key that keys are sent
/// to it under (X-Wing, draft-connolly-cfrg-xwing-kem-08). docs/pack-format.md, "Identity".
/// </summary>
public sealed class AccountIdentity
{
    /// <summary>Bytes of the key that verifies signatures.</summary>
    public const int SigningKeyBytes = 32;

    /// <summary>Bytes of the key that receives keys: of ML-KEM-768, then of X25519.</summary>
    public const int ReceivingKeyBytes = KemKeyBytes + X25519KeyBytes;

    /// <summary>Bytes of a fingerprint.</summary>
    public const int FingerprintBytes = 32;

    private const byte Suite = 1;
    private const int KemKeyBytes = 1184;
    private const int X25519KeyBytes = 32;

    // What people compare: 160 bits.
    private const int ShownBytes = 20;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _bytes;
    private readonly Lazy<bool> _canVerify;

    private AccountIdentity(byte[] bytes, string userId)
    {
        _bytes = bytes;
        UserId = userId;
        Fingerprint = SHA256.HashData(bytes);
        _canVerify = new Lazy<bool>(() => Ed25519.ValidatePublicKeyFull(SigningKey));
    }

    /// <summary>Whether the signing key is canonical, and in the subgroup of prime order: BouncyCastle's equation leaves that open.</summary>
    internal bool CanVerify => _canVerify.Value;

    /// <summary>The User ID as it was registered.</summary>
    public string UserId { get; }

    /// <summary>Names the identity: SHA-256 of <see cref="Bytes"/>.</summary>
    public byte[] Fingerprint { get; }

    /// <summary>The identity as it is compared, hashed and stored.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Verifies signatures.</summary>
    public ReadOnlySpan<byte> SigningKey => _bytes.AsSpan(^(SigningKeyBytes + ReceivingKeyBytes)..^ReceivingKeyBytes);

    /// <summary>Keys are sealed to it.</summary>
    public ReadOnlySpan<byte> ReceivingKey => _bytes.AsSpan(^ReceivingKeyBytes..);

    /// <summary>Makes an identity of its keys.</summary>
    /// <param name="userId">As it is registered.</param>
    /// <param name="signingKey">32 bytes.</param>
    /// <param name="receivingKey">1,216 bytes.</param>
    public static AccountIdentity Of(string userId, ReadOnlySpan<byte> signingKey, ReadOnlySpan<byte> receivingKey)
    {
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentOutOfRangeException.ThrowIfNotEqual(signingKey.Length, SigningKeyBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(receivingKey.Length, ReceivingKeyBytes);
        byte[] user = s_strict.GetBytes(userId), length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)user.Length));
        return new AccountIdentity([Suite, .. length, .. user, .. signingKey, .. receivingKey], userId);
    }

    /// <summary>Reads an identity, and checks its keys.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="identity">Null if there is a fault.</param>
    /// <param name="fault">What is wrong with it: the rest of a sentence that begins with it.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out AccountIdentity? identity, [NotNullWhen(false)] out string? fault)
    {
        identity = null;
        fault = null;
        const int before = 3, keys = SigningKeyBytes + ReceivingKeyBytes;
        if (bytes.Length < before + keys || bytes.Length != before + BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]) + keys)
            fault = "is not as long as it says";
        else if (bytes[0] != Suite)
            fault = $"is of suite {bytes[0]}, which is not known here";
        else if (!TryReadUserId(bytes[before..^keys], out string? userId))
            fault = "has a User ID that is no UTF-8";
        else
            identity = new AccountIdentity(bytes.ToArray(), userId);
        fault ??= identity!.FindFault();
        if (fault is not null)
            identity = null;
        return identity is not null;
    }

    /// <summary>The first 160 bits of the fingerprint, as people compare and type it: 40 hexadecimal digits in groups of four.</summary>
    public string ShownFingerprint => string.Join(' ', Convert.ToHexString(Fingerprint, 0, ShownBytes).Chunk(4).Select(group => new string(group)));

    private string? FindFault()
    {
        if (!CanVerify)
            return "has a signing key that is none";
        if (!IsKemKey(ReceivingKey[..KemKeyBytes]))
            return "has an ML-KEM key that is not canonical";
        return IsX25519Key(ReceivingKey[KemKeyBytes..]) ? null : "has an X25519 key that is not canonical, or of small order";
    }

    private static bool TryReadUserId(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? userId)
    {
        try
        {
            userId = s_strict.GetString(utf8);
            return true;
        }
        catch (DecoderFallbackException)
        {
            userId = null;
            return false;
        }
    }

    // FIPS 203, 7.2: every coefficient is below the modulus.
    private static bool IsKemKey(ReadOnlySpan<byte> key)
    {
        try
        {
            return MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, key.ToArray()) is not null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsX25519Key(ReadOnlySpan<byte> key)
    {
        // Below 2^255 - 19, little endian.
        bool isCanonical = key[31] < 0x7F || (key[31] == 0x7F && (key[0] < 0xED || key[1..31].IndexOfAnyExcept((byte)0xFF) >= 0));
        if (!isCanonical)
            return false;
        // Every scalar of X25519 is a multiple of the cofactor: what has a small order becomes zero, which BouncyCastle reports.
        Span<byte> scalar = stackalloc byte[X25519KeyBytes], shared = stackalloc byte[X25519KeyBytes];
        scalar.Fill(0x40);
        return X25519.CalculateAgreement(scalar, key, shared);
    }
}
