using Passpack.Sync.Session;

namespace Passpack.Sync.Sharing;

/// <summary>How the sync of one of an account's vaults ended.</summary>
/// <param name="VaultId">The shared vault's. Null of the account's own vault.</param>
/// <param name="Vault">The account's own name for the shared vault. Null of the account's own vault.</param>
/// <param name="Result">What it did. Null if it failed.</param>
/// <param name="Error">Why it failed. Null if it did not.</param>
public sealed record VaultSyncOutcome(Guid? VaultId, string? Vault, SyncResult? Result, PasspackException? Error);
