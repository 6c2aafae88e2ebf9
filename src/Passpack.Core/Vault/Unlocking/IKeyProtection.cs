using Passpack.Packing.Records;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>How a platform keeps a key for one user of one machine.</summary>
internal interface IKeyProtection
{
    /// <summary>The number of this protection in the file.</summary>
    byte Kind { get; }

    /// <summary>Refuses a folder, and with <paramref name="withFile"/> also its file, that others could read or change.</summary>
    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.UnattendedRefused"/>, with the command that mends it.</exception>
    void Check(AccountFolder folder, bool withFile);

    /// <summary>Seals a key for this user. The result may be stored in a file of this user.</summary>
    byte[] Protect(SecretBytes key, Guid vaultId);

    /// <summary>Opens a sealed key. Null if it was sealed for another user or machine.</summary>
    SecretBytes? Unprotect(ReadOnlySpan<byte> sealedKey, Guid vaultId);
}
