using System.Runtime.Versioning;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>Windows: the Data Protection API, for the current user alone, with the vault's id as entropy.</summary>
/// <param name="protect">Data and entropy to a blob; a test's stand-in.</param>
/// <param name="unprotect">The way back.</param>
internal sealed class DpapiKeyProtection(Func<byte[], byte[], byte[]> protect, Func<byte[], byte[], byte[]> unprotect) : IKeyProtection
{
    public byte Kind => 2;

    [SupportedOSPlatform("windows")]
    public static DpapiKeyProtection Create() => new(
        (data, entropy) => ProtectedData.Protect(data, entropy, DataProtectionScope.CurrentUser),
        (blob, entropy) => ProtectedData.Unprotect(blob, entropy, DataProtectionScope.CurrentUser));

    /// <summary>Checks nothing: no other user can open the blob, and the profile's folders are private.</summary>
    public void Check(AccountFolder folder, bool withFile)
    {
    }

    public byte[] Protect(SecretBytes key, Guid vaultId) => protect(key.Array, vaultId.ToByteArray(bigEndian: true));

    public SecretBytes? Unprotect(ReadOnlySpan<byte> sealedKey, Guid vaultId)
    {
        byte[] key;
        try
        {
            key = unprotect(sealedKey.ToArray(), vaultId.ToByteArray(bigEndian: true));
        }
        catch (CryptographicException)
        {
            return null;
        }
        try
        {
            return SecretBytes.CopyOf(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
