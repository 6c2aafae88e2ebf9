using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage;

/// <summary>
/// Shared vaults: the log of each, its members, and the newest key wrapped for each of them. A member is an identity: an account is one by its identity in force.
/// Statements and manifests are judged outside; here they are taken only against the heads by which they were judged.
/// </summary>
internal partial interface IServerStore
{
    /// <summary>What an account is in a shared vault. Null if it neither is nor was a member, and if there is no such vault.</summary>
    Task<SharedPlace?> FindSharedAsync(long account, Guid vaultId, CancellationToken cancel);

    /// <summary>Adds a shared vault, whose founder the account is.</summary>
    Task<SharingOutcome> AddSharedVaultAsync(long account, NewSharedVault vault, Quotas quotas, Act act, CancellationToken cancel);

    /// <summary>A page of the log of a shared vault in which the account that asks has a place.</summary>
    /// <param name="vaultId">The vault's.</param>
    /// <param name="after">The number before the first wanted, -1 for none.</param>
    /// <param name="last">The last that is served.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<IReadOnlyList<byte[]>> ReadStatementsAsync(Guid vaultId, long after, long last, CancellationToken cancel);

    /// <summary>Appends a statement, against the heads by which it was judged.</summary>
    Task<SharingOutcome> AppendStatementAsync(VaultKey vault, NewStatement statement, Act act, CancellationToken cancel);

    /// <summary>Puts wrapped keys in the place of those of members, unless the log has gone on.</summary>
    Task<SharingOutcome> RewrapAsync(VaultKey vault, ChainHead log, IReadOnlyList<WrappedKey> keys, CancellationToken cancel);
}
