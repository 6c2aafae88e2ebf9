using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>
/// The file of unattended unlock (docs/pack-format.md): a vault's id, a key envelope's hash, and the sealed key. Bound to the envelope, so that a
/// changed Packing Key, or another vault in the same place, is noticed before the key is tried.
/// </summary>
internal sealed class UnattendedFile : IDisposable
{
    private const int IdAt = 6, EnvelopeAt = IdAt + 16, KeyAt = EnvelopeAt + SHA256.HashSizeInBytes, MostBytes = 4096;

    private static ReadOnlySpan<byte> Magic => "PPUK\u0001"u8;

    private readonly SecretBytes _bytes;

    private UnattendedFile(SecretBytes bytes) => _bytes = bytes;

    public byte Kind => _bytes.Span[IdAt - 1];

    public ReadOnlySpan<byte> SealedKey => _bytes.Span[KeyAt..^KeyFile.ChecksumBytes];

    /// <summary>Whether the file was made for an account with these keys.</summary>
    public bool IsFor(AccountRow account) =>
        new Guid(_bytes.Span[IdAt..EnvelopeAt], bigEndian: true) == account.VaultId
        && _bytes.Span[EnvelopeAt..KeyAt].SequenceEqual(KeyFile.HashOf(account.KeyEnvelope));

    /// <summary>Reads the file. Null if it is malformed.</summary>
    public static UnattendedFile? Read(string path)
    {
        // Unbuffered, so that no copy of the key is left in a buffer.
        using FileStream file = SharedRead.Open(path, bufferSize: 0);
        if (file.Length is <= KeyAt + KeyFile.ChecksumBytes or > MostBytes)
            return null;
        var bytes = new SecretBytes((int)file.Length);
        if (file.ReadAtLeast(bytes.Span, bytes.Length, throwOnEndOfStream: false) == bytes.Length && bytes.Span.StartsWith(Magic)
            && bytes.Span[^KeyFile.ChecksumBytes..].SequenceEqual(KeyFile.Checksum(bytes.Span[..^KeyFile.ChecksumBytes])))
        {
            return new UnattendedFile(bytes);
        }
        bytes.Dispose();
        return null;
    }

    /// <summary>Writes the file, whole or not at all, readable by its owner only.</summary>
    /// <param name="path">Where.</param>
    /// <param name="account">What it unlocks.</param>
    /// <param name="kind">How the key is sealed.</param>
    /// <param name="sealedKey">The key.</param>
    /// <param name="give">Makes the file another user's, before it has its name. Null: it stays this user's.</param>
    public static void Write(string path, AccountRow account, byte kind, ReadOnlySpan<byte> sealedKey, Action<string>? give = null)
    {
        using var bytes = new SecretBytes(KeyAt + sealedKey.Length + KeyFile.ChecksumBytes);
        Magic.CopyTo(bytes.Span);
        bytes.Span[IdAt - 1] = kind;
        account.VaultId.TryWriteBytes(bytes.Span[IdAt..], bigEndian: true, out _);
        KeyFile.HashOf(account.KeyEnvelope).CopyTo(bytes.Span[EnvelopeAt..]);
        sealedKey.CopyTo(bytes.Span[KeyAt..]);
        KeyFile.Checksum(bytes.Span[..^KeyFile.ChecksumBytes]).CopyTo(bytes.Span[^KeyFile.ChecksumBytes..]);
        KeyFile.Write(path, overwrite: true, stream => stream.Write(bytes.Span), give);
    }

    /// <summary>Whether bytes begin as such a file does, of whatever version.</summary>
    public static bool IsOne(ReadOnlySpan<byte> start) => start.StartsWith(Magic[..^1]);

    public void Dispose() => _bytes.Dispose();
}
