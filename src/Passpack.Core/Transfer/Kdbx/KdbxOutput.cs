using System.IO.Compression;
using System.Security.Cryptography;
using Passpack.Packing.Records;

namespace Passpack.Transfer.Kdbx;

/// <summary>Writes the container of KDBX 4.1: what goes into <see cref="Content"/> is compressed, encrypted by ChaCha20 and put into blocks.</summary>
internal sealed class KdbxOutput : IDisposable
{
    // RFC 9106, section 4, the second recommended option.
    private const ulong MemoryBytes = 64UL << 20, Iterations = 3;
    private const uint Lanes = 4, Argon2Version = 0x13;
    private const int ValueKeyBytes = 64;

    private readonly FileKeys _keys;
    private readonly BlockWriter _blocks;

    /// <summary>Begins a file: derives its keys and writes its headers.</summary>
    /// <param name="stream">Stays open.</param>
    /// <param name="composite">The key of <see cref="CompositeKey"/>.</param>
    /// <param name="cancellationToken">Ends the key derivation.</param>
    public KdbxOutput(Stream stream, SecretBytes composite, CancellationToken cancellationToken)
        : this(stream, composite, DefaultCost(), cancellationToken)
    {
    }

    /// <summary>Begins a file whose key costs as much as given.</summary>
    internal KdbxOutput(Stream stream, SecretBytes composite, Argon2KeyCost cost, CancellationToken cancellationToken)
    {
        var header = KdbxHeader.New(KdbxCipher.ChaCha20, cost);
        _keys = FileKeys.Derive(header, composite, cancellationToken);
        stream.Write(header.Bytes);
        stream.Write(SHA256.HashData(header.Bytes));
        Span<byte> sum = stackalloc byte[HMACSHA256.HashSizeInBytes];
        BlockSum.OfHeader(_keys.Sums, header.Bytes, sum);
        stream.Write(sum);
        _blocks = new BlockWriter(stream, _keys.Sums);
        Content = new GZipStream(header.Cipher.Encrypt(_blocks, _keys.Encryption, header.Vector), CompressionLevel.Optimal);
        byte[] valueKey = RandomNumberGenerator.GetBytes(ValueKeyBytes);
        Values = ValueCipher.Create(ValueCipher.ChaCha20, valueKey, "");
        Content.Write(InnerHeader.Write(ValueCipher.ChaCha20, valueKey));
        CryptographicOperations.ZeroMemory(valueKey);
    }

    /// <summary>Takes the XML.</summary>
    public Stream Content { get; }

    public ValueCipher Values { get; }

    /// <summary>Ends the file; without it the file is incomplete.</summary>
    public void Complete()
    {
        Content.Dispose();
        _blocks.Complete();
    }

    public void Dispose()
    {
        Content.Dispose();
        _keys.Dispose();
    }

    private static Argon2KeyCost DefaultCost() =>
        new(IsId: true, RandomNumberGenerator.GetBytes(KdbxHeader.SeedBytes), MemoryBytes, Iterations, Lanes, Argon2Version);
}
