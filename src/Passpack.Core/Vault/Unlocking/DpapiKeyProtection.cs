using System.Runtime.Versioning;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>Windows: the Data Protection API, for the current user or for this machine, with the vault's id as entropy.</summary>
/// <param name="kind">Which of the two.</param>
/// <param name="protect">Data and entropy to a blob; a test's stand-in.</param>
/// <param name="unprotect">The way back.</param>
internal sealed class DpapiKeyProtection(byte kind, Func<byte[], byte[], byte[]> protect, Func<byte[], byte[], byte[]> unprotect) : IKeyProtection
{
    /// <summary>For one user.</summary>
    public const byte OfUser = 2;

    /// <summary>For every user of the machine: the access list of the file is all that keeps the others away.</summary>
    public const byte OfMachine = 3;

    public byte Kind => kind;

    [SupportedOSPlatform("windows")]
    public static DpapiKeyProtection Create() => Of(OfUser, DataProtectionScope.CurrentUser);

    /// <summary>For the account of a service, which is another than the one that makes the file.</summary>
    [SupportedOSPlatform("windows")]
    public static DpapiKeyProtection CreateForMachine() => Of(OfMachine, DataProtectionScope.LocalMachine);

    [SupportedOSPlatform("windows")]
    private static DpapiKeyProtection Of(byte kind, DataProtectionScope scope) => new(
        kind, (data, entropy) => ProtectedData.Protect(data, entropy, scope), (blob, entropy) => ProtectedData.Unprotect(blob, entropy, scope));

    /// <summary>Checks nothing: a user's blob no other user can open, and the profile's folders are private.</summary>
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
