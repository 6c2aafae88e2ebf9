using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Keys;

/// <summary>Under which epoch of which vault something has to be sealed.</summary>
/// <param name="VaultId">The vault.</param>
/// <param name="Newest">The epoch in force.</param>
/// <param name="IsKnown">Whether an epoch was in force once.</param>
internal sealed record VaultEpoch(Guid VaultId, int Newest, Predicate<int> IsKnown)
{
    /// <summary>That of an account's keys, of which each replacement starts the next.</summary>
    public VaultEpoch(KeyRecordContent keys)
        : this(keys.VaultId, keys.Epoch, epoch => epoch >= 1 && epoch < keys.Epoch)
    {
    }

    /// <summary>That of a shared vault.</summary>
    public VaultEpoch(VaultLog log)
        : this(log.VaultId, log.State.Epoch, log.State.Epochs.ContainsKey)
    {
    }
}
