using Passpack.Packing.Records;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>How a platform keeps a key for one user of one machine.</summary>
internal interface IKeyProtection
{
    /// <summary>Which one it is, in the file.</summary>
    byte Kind { get; }

    /// <summary>Refuses a place that others could read or change: the folder alone, or the file in it too.</summary>
    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.UnattendedRefused"/>, with the command that mends it.</exception>
    void Check(AccountFolder folder, bool withFile);

    /// <summary>Seals a key for this user; what comes back may lie in a file of theirs.</summary>
    byte[] Protect(SecretBytes key, Guid vaultId);

    /// <summary>Opens it again; null: not for this user, on this machine.</summary>
    SecretBytes? Unprotect(ReadOnlySpan<byte> sealedKey, Guid vaultId);
}
