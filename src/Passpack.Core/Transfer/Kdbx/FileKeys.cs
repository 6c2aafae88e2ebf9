using System.Security.Cryptography;
using Passpack.Packing.Records;

namespace Passpack.Transfer.Kdbx;

/// <summary>The keys of one file: of its cipher, and of its sums.</summary>
internal sealed class FileKeys : IDisposable
{
    private FileKeys(SecretBytes encryption, SecretBytes sums) => (Encryption, Sums) = (encryption, sums);

    public SecretBytes Encryption { get; }

    public SecretBytes Sums { get; }

    /// <summary>Derives them; this is what costs.</summary>
    public static FileKeys Derive(KdbxHeader header, SecretBytes composite, CancellationToken cancellationToken)
    {
        using SecretBytes derived = header.Cost.Derive(composite, cancellationToken);
        // SHA-256(seed, derived) and SHA-512(seed, derived, 1).
        using var input = new SecretBytes(header.MasterSeed.Length + derived.Length + 1);
        header.MasterSeed.CopyTo(input.Span);
        derived.Span.CopyTo(input.Span[header.MasterSeed.Length..]);
        input.Span[^1] = 1;
        var encryption = new SecretBytes(SHA256.HashSizeInBytes);
        var sums = new SecretBytes(SHA512.HashSizeInBytes);
        SHA256.HashData(input.Span[..^1], encryption.Span);
        SHA512.HashData(input.Span, sums.Span);
        return new FileKeys(encryption, sums);
    }

    public void Dispose()
    {
        Encryption.Dispose();
        Sums.Dispose();
    }
}
