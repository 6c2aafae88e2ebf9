using Passpack.Protocol.Sharing;

namespace Passpack.Packing.Keys;

/// <summary>What the log of a shared vault says of an epoch's key.</summary>
/// <param name="Random">The random bytes of the statement that created the vault.</param>
/// <param name="Number">The epoch's.</param>
/// <param name="Commitment">To its key.</param>
public readonly record struct SharedEpoch(Hash256 Random, int Number, Hash256 Commitment);
