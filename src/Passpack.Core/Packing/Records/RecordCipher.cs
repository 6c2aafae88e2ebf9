using System.Buffers;
using System.Security.Cryptography;
using Passpack.Protocol;

namespace Passpack.Packing.Records;

/// <summary>
/// Seals and opens records under one key: <c>header || nonce (12) || ciphertext || tag (16)</c>, AES-256-GCM, the header as associated
/// data. Plaintext is padded (a byte 80, then zeros: ISO/IEC 7816-4) to steps of 64 bytes, so that sizes tell little. Not thread-safe.
/// </summary>
public sealed class RecordCipher : IDisposable
{
    /// <summary>Plaintexts are padded to a multiple of this many bytes.</summary>
    public const int PaddingStep = 64;

    internal const int NonceBytes = 12;
    internal const int TagBytes = 16;
    private const int Overhead = RecordHeader.Size + NonceBytes + TagBytes;

    private readonly AesGcm _gcm;

    /// <summary>A cipher under a copy of the key that the platform holds until <see cref="Dispose"/>.</summary>
    public RecordCipher(SecretBytes key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _gcm = new AesGcm(key.Span, TagBytes);
    }

    /// <summary>Bytes of the record that a plaintext becomes.</summary>
    public static int SealedSize(int plaintextBytes) => Overhead + PaddedSize(plaintextBytes);

    /// <summary>Seals a plaintext.</summary>
    public byte[] Seal(in RecordHeader header, ReadOnlySpan<byte> plaintext)
    {
        int padded = PaddedSize(plaintext.Length);
        byte[] record = GC.AllocateUninitializedArray<byte>(Overhead + padded);
        header.Write(record);
        Span<byte> nonce = record.AsSpan(RecordHeader.Size, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        Span<byte> ciphertext = record.AsSpan(RecordHeader.Size + NonceBytes, padded);
        // Padded in place and encrypted in place, so that no other copy of the plaintext has to be zeroed.
        plaintext.CopyTo(ciphertext);
        ciphertext[plaintext.Length..].Clear();
        ciphertext[plaintext.Length] = 0x80;
        _gcm.Encrypt(nonce, ciphertext, ciphertext, record.AsSpan(^TagBytes..), record.AsSpan(..RecordHeader.Size));
        return record;
    }

    /// <summary>Opens a record into a rented buffer.</summary>
    /// <param name="header">The expected header; a record with another one does not open.</param>
    /// <param name="record">As <see cref="Seal"/> made it.</param>
    /// <param name="plaintext">To be disposed, which zeroes it; default when the record does not open.</param>
    /// <returns>Whether it is a sound record of this key with exactly this header.</returns>
    public bool TryOpen(scoped in RecordHeader header, scoped ReadOnlySpan<byte> record, out OpenedRecord plaintext)
    {
        plaintext = default;
        int padded = record.Length - Overhead;
        if (padded <= 0 || padded % PaddingStep != 0)
            return false;
        Span<byte> expected = stackalloc byte[RecordHeader.Size];
        header.Write(expected);
        if (!record[..RecordHeader.Size].SequenceEqual(expected))
            return false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(padded);
        Span<byte> opened = buffer.AsSpan(..padded);
        try
        {
            _gcm.Decrypt(record.Slice(RecordHeader.Size, NonceBytes), record[(RecordHeader.Size + NonceBytes)..^TagBytes],
                record[^TagBytes..], opened, expected);
        }
        catch (AuthenticationTagMismatchException)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return false;
        }
        int end = opened.LastIndexOfAnyExcept((byte)0);
        var candidate = new OpenedRecord(buffer, Math.Max(end, 0));
        // Authentic, but not padded to the smallest step: no writer of this format made it.
        if (end < padded - PaddingStep || opened[end] != 0x80)
        {
            candidate.Dispose();
            return false;
        }
        plaintext = candidate;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _gcm.Dispose();

    private static int PaddedSize(int plaintextBytes) => (plaintextBytes / PaddingStep + 1) * PaddingStep;
}

/// <summary>An opened record in a rented buffer. Must not be copied: the buffer is returned once, and may then belong to another user.</summary>
public ref struct OpenedRecord
{
    private byte[]? _buffer;
    private readonly int _length;

    internal OpenedRecord(byte[] buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    /// <summary>The plaintext, without its padding.</summary>
    public readonly ReadOnlySpan<byte> Span => _buffer is null ? default : _buffer.AsSpan(0, _length);

    /// <summary>Zeroes the buffer and gives it back.</summary>
    public void Dispose()
    {
        if (_buffer is not byte[] buffer)
            return;
        _buffer = null;
        CryptographicOperations.ZeroMemory(buffer);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
