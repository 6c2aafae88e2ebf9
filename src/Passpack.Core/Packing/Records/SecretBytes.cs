using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Keys;

namespace Passpack.Packing.Records;

/// <summary>
/// Secret bytes in a pinned buffer, so that the garbage collector leaves no copies behind; zeroed when disposed. If threads share one, the caller
/// must ensure that none uses it while it is disposed (as <see cref="VaultKeys"/> does): a span taken before would read zeros. For the same reason
/// there is no finalizer.
/// </summary>
public sealed class SecretBytes : IDisposable
{
    private byte[] _bytes;
    private bool _disposed;

    /// <summary>A buffer of zeros.</summary>
    /// <param name="length">Bytes, 0 or more.</param>
    public SecretBytes(int length) => _bytes = GC.AllocateArray<byte>(length, pinned: true);

    /// <summary>The bytes.</summary>
    /// <exception cref="ObjectDisposedException">After <see cref="Dispose"/>.</exception>
    public Span<byte> Span => Array;

    /// <summary>Bytes.</summary>
    public int Length => Array.Length;

    /// <summary>The buffer itself, for libraries that take only arrays. Not to be kept.</summary>
    internal byte[] Array
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>Random bytes from the system's generator.</summary>
    public static SecretBytes Random(int length)
    {
        var secret = new SecretBytes(length);
        RandomNumberGenerator.Fill(secret.Span);
        return secret;
    }

    /// <summary>A copy; the caller still zeroes its own.</summary>
    public static SecretBytes CopyOf(ReadOnlySpan<byte> bytes)
    {
        var secret = new SecretBytes(bytes.Length);
        bytes.CopyTo(secret.Span);
        return secret;
    }

    /// <summary>The UTF-8 bytes of characters: not trimmed, not normalised. An unpaired surrogate becomes EF BF BD.</summary>
    public static SecretBytes FromChars(ReadOnlySpan<char> chars)
    {
        var secret = new SecretBytes(Encoding.UTF8.GetByteCount(chars));
        Encoding.UTF8.GetBytes(chars, secret.Span);
        return secret;
    }

    /// <summary>Zeroes the bytes.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
        _bytes = [];
    }
}
