namespace Passpack.Protocol.Sharing;

/// <summary>One link of the log of a shared vault: who changed what, seeing which manifest. docs/pack-format.md, "The log of a shared vault".</summary>
/// <param name="Number">From 0.</param>
/// <param name="Previous">The hash of the statement before. Zeros in the first.</param>
/// <param name="Author">The fingerprint of who signs.</param>
/// <param name="Time">By the author's clock, to the millisecond. Nothing is decided by it.</param>
/// <param name="Manifest">The newest manifest that the author saw. <see cref="ChainHead.None"/> in the first.</param>
/// <param name="Act">What it changes.</param>
public sealed record Statement(long Number, Hash256 Previous, Hash256 Author, DateTimeOffset Time, ChainHead Manifest, StatementAct Act);
