using System.Security.Cryptography;
using Passpack.Packing.Records;

namespace Passpack.Transfer.Kdbx;

/// <summary>The key of a database: SHA-256 over the hash of its password and the key of its key file, whichever it has.</summary>
internal static class CompositeKey
{
    /// <param name="password">In UTF-8. Null if the database has none.</param>
    /// <param name="keyFile">The key of <see cref="KeyFile"/>. Null if the database has none.</param>
    public static SecretBytes Of(SecretBytes? password, SecretBytes? keyFile)
    {
        using var parts = new SecretBytes(SHA256.HashSizeInBytes * ((password is null ? 0 : 1) + (keyFile is null ? 0 : 1)));
        Span<byte> rest = parts.Span;
        if (password is not null)
        {
            SHA256.HashData(password.Span, rest);
            rest = rest[SHA256.HashSizeInBytes..];
        }
        keyFile?.Span.CopyTo(rest);
        var composite = new SecretBytes(SHA256.HashSizeInBytes);
        SHA256.HashData(parts.Span, composite.Span);
        return composite;
    }
}
