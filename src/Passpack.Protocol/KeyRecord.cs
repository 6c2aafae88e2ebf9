using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Passpack.Protocol;

/// <summary>An account's key record as it travels and is stored. docs/pack-format.md, "The key record".</summary>
/// <param name="Record">The bytes of <see cref="KeyRecordContent"/>.</param>
/// <param name="Mac">HMAC-SHA-256 over them, under a key of the Account Key: for the account's own machines.</param>
/// <param name="Signature">Of bytes and MAC by the record's own identity: for the server.</param>
public sealed record KeyRecord(byte[] Record, byte[] Mac, byte[] Signature)
{
    /// <summary>Bytes of <see cref="Mac"/>.</summary>
    public const int MacBytes = 32;

    /// <summary>What is signed.</summary>
    public byte[] SignedMessage() => [.. Record, .. Mac];
}

/// <summary>What a key record says. The server cannot open the keys in it.</summary>
/// <param name="Generation">From 1; every replacement adds one. 0 while the account was never online.</param>
/// <param name="VaultId">The account's vault.</param>
/// <param name="Epoch">The number of the Account Key, from 1.</param>
/// <param name="KeyEnvelope">The Account Key, sealed under the Packing Key.</param>
/// <param name="Identity">The account's, of this epoch.</param>
/// <param name="EarlierKeys">The Account Keys of all earlier epochs from 1 on, each sealed under a key of the next.</param>
public sealed record KeyRecordContent(
    int Generation, Guid VaultId, int Epoch, string KeyEnvelope, AccountIdentity Identity, IReadOnlyList<byte[]> EarlierKeys)
{
    /// <summary>The pack version whose key records have this form.</summary>
    public const int PackVersion = 7;

    /// <summary>Bytes of one of <see cref="EarlierKeys"/>.</summary>
    public const int EarlierKeyBytes = 139;

    /// <summary>The last epoch: a key can be replaced 49 times.</summary>
    public const int LastEpoch = 50;

    /// <summary>Characters of a key envelope: far more than any pack version needs.</summary>
    public const int EnvelopeLength = 8192;

    /// <summary>Bytes of a key record, at most.</summary>
    public const int MostBytes = FixedBytes + EnvelopeLength + MostIdentityBytes + (LastEpoch * EarlierKeyBytes);

    private const int FixedBytes = 4 + 4 + 16 + 4 + 4 + 4 + 4;
    private const int MostIdentityBytes = 8192;

    /// <summary>The bytes that MAC and signature are over.</summary>
    public byte[] ToBytes()
    {
        byte[] envelope = Encoding.ASCII.GetBytes(KeyEnvelope);
        using var bytes = new MemoryStream(FixedBytes + envelope.Length + Identity.Bytes.Length + (EarlierKeys.Count * EarlierKeyBytes));
        Put(bytes, Generation);
        Put(bytes, PackVersion);
        bytes.Write(VaultId.ToByteArray(bigEndian: true));
        Put(bytes, Epoch);
        Put(bytes, envelope.Length);
        bytes.Write(envelope);
        Put(bytes, Identity.Bytes.Length);
        bytes.Write(Identity.Bytes);
        Put(bytes, EarlierKeys.Count);
        foreach (byte[] earlier in EarlierKeys)
            bytes.Write(earlier);
        return bytes.ToArray();
    }

    /// <summary>What names these bytes in a succession.</summary>
    public byte[] Hash() => SHA256.HashData(ToBytes());

    /// <summary>The pack version that a key record says it is of; 0 if it is too short to say.</summary>
    public static int PackVersionOf(ReadOnlySpan<byte> record) => record.Length < 8 ? 0 : BinaryPrimitives.ReadInt32BigEndian(record[4..]);

    /// <summary>Reads the bytes of a key record.</summary>
    /// <param name="record">All of it.</param>
    /// <param name="content">Null if there is a fault.</param>
    /// <param name="fault">What is wrong with it: the rest of a sentence that begins with it.</param>
    public static bool TryRead(ReadOnlySpan<byte> record, [NotNullWhen(true)] out KeyRecordContent? content, [NotNullWhen(false)] out string? fault)
    {
        content = null;
        const string length = "is not as long as it says";
        if (PackVersionOf(record) is var packVersion && packVersion != PackVersion)
            fault = $"is of pack version {packVersion}";
        else if (record.Length is < FixedBytes or > MostBytes)
            fault = length;
        else
            fault = null;
        if (fault is not null)
            return false;
        int generation = BinaryPrimitives.ReadInt32BigEndian(record), epoch = BinaryPrimitives.ReadInt32BigEndian(record[24..]);
        var vaultId = new Guid(record.Slice(8, 16), bigEndian: true);
        ReadOnlySpan<byte> rest = record[28..];
        if (!TryTake(ref rest, EnvelopeLength, out ReadOnlySpan<byte> envelope) || !TryTake(ref rest, MostIdentityBytes, out ReadOnlySpan<byte> identity)
            || rest.Length < 4 || BinaryPrimitives.ReadInt32BigEndian(rest) is var count && (rest.Length - 4) != (long)count * EarlierKeyBytes)
        {
            fault = length;
        }
        else if (generation < 0 || vaultId == Guid.Empty || envelope.IsEmpty || !Ascii.IsValid(envelope))
            fault = "has no generation, vault or key envelope";
        else if (epoch is < 1 or > LastEpoch || count != epoch - 1)
            fault = $"is of epoch {epoch}, with {count} earlier keys";
        else if (!AccountIdentity.TryRead(identity, out AccountIdentity? who, out string? identityFault))
            fault = $"has an identity that {identityFault}";
        else
        {
            byte[] earlier = rest[4..].ToArray();
            content = new KeyRecordContent(
                generation, vaultId, epoch, Encoding.ASCII.GetString(envelope), who, [.. earlier.Chunk(EarlierKeyBytes)]);
        }
        return content is not null;
    }

    /// <summary>The fingerprint of the identity in a key record that was read before: nothing of it is checked again.</summary>
    /// <param name="record">All of it.</param>
    public static byte[] FingerprintOf(ReadOnlySpan<byte> record)
    {
        ReadOnlySpan<byte> rest = record[28..];
        return TryTake(ref rest, EnvelopeLength, out _) && TryTake(ref rest, MostIdentityBytes, out ReadOnlySpan<byte> identity)
            ? SHA256.HashData(identity) : throw new ArgumentException("It is no key record.", nameof(record));
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, int most, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (rest.Length < 4 || BinaryPrimitives.ReadInt32BigEndian(rest) is var length && (length < 0 || length > most || length > rest.Length - 4))
            return false;
        taken = rest.Slice(4, length);
        rest = rest[(4 + length)..];
        return true;
    }

    private static void Put(MemoryStream bytes, int number)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, number);
        bytes.Write(four);
    }
}
