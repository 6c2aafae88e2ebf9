namespace Passpack.Protocol.Sharing;

/// <summary>What a statement says of the epoch that it starts. Wrapped keys travel beside the log.</summary>
/// <param name="Epoch">Its number, above every one before; numbers need not be consecutive.</param>
/// <param name="Commitment">To the Vault Key, so that no two members can be given different ones.</param>
/// <param name="ChainedEpoch">The newest epoch before it whose key the author has.</param>
/// <param name="ChainedKey">The key of that epoch, sealed under this one's: <see cref="ChainedKeyBytes"/>. So who has the newest key opens all of history.</param>
public sealed record EpochStart(int Epoch, Hash256 Commitment, int ChainedEpoch, byte[] ChainedKey)
{
    /// <summary>Bytes of a sealed key: 32 and the tag of AES-256-GCM.</summary>
    public const int ChainedKeyBytes = 48;

    /// <summary>
    /// How far a number may be above the last: nobody can use the numbers up, for with <see cref="VaultLog.MostStatements"/> they never reach 2^31.
    /// </summary>
    public const int MostAhead = 1024;
}
