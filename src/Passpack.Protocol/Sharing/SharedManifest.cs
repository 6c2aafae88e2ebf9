namespace Passpack.Protocol.Sharing;

/// <summary>What of a shared vault's manifest has to fit the log: nothing of it is sealed.</summary>
/// <param name="Head">Its generation and its hash.</param>
/// <param name="Previous">The hash of the manifest that it follows. Zeros in the first.</param>
/// <param name="Statement">The newest statement that its author saw.</param>
/// <param name="Epoch">The epoch under which it is sealed, and everything that goes up with it.</param>
/// <param name="Signer">The fingerprint of who signed it.</param>
public sealed record SharedManifest(ChainHead Head, Hash256 Previous, ChainHead Statement, int Epoch, Hash256 Signer);
