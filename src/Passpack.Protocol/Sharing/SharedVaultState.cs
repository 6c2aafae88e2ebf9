using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Protocol.Sharing;

/// <summary>
/// Names all that a member of a shared vault is served, so that one request tells whether any of its vaults moved. Nothing is believed by it: who lies only
/// has a client pull, or not pull, which it could withhold as well. docs/pack-format.md, "The state of a shared vault".
/// </summary>
public static class SharedVaultState
{
    /// <summary>Bytes of a state.</summary>
    public const int Length = 16;

    /// <summary>The state of a vault for one of its members.</summary>
    /// <param name="vaultId">The vault's.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="manifest">The newest manifest.</param>
    /// <param name="statement">The last statement.</param>
    /// <param name="wrappedKey">The key of the newest epoch, wrapped for the member. Null if there is none.</param>
    /// <returns><see cref="Length"/> bytes.</returns>
    public static byte[] Compute(Guid vaultId, long revision, ChainHead manifest, ChainHead statement, byte[]? wrappedKey)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("passpack/7/shared vault state\0"u8);
        hash.AppendData(vaultId.ToByteArray(bigEndian: true));
        AppendNumber(hash, revision);
        AppendNumber(hash, manifest.Number);
        hash.AppendData(manifest.Hash.ToBytes());
        AppendNumber(hash, statement.Number + 1);
        hash.AppendData(statement.Hash.ToBytes());
        hash.AppendData(wrappedKey is null ? new byte[Hash256.Length] : SHA256.HashData(wrappedKey));
        return hash.GetHashAndReset()[..Length];
    }

    /// <summary>The state for a former member, which is served the log up to its removal and nothing else.</summary>
    /// <param name="vaultId">The vault's.</param>
    /// <param name="removal">The statement that removed it.</param>
    /// <returns><see cref="Length"/> bytes.</returns>
    public static byte[] ComputeForFormer(Guid vaultId, ChainHead removal) => Compute(vaultId, 0, ChainHead.None, removal, null);

    private static void AppendNumber(IncrementalHash hash, long number)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(eight, number);
        hash.AppendData(eight);
    }
}
