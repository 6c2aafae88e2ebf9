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

    /// <summary>
    /// Adds an invitation to a shared vault, unless it is there already, and forgets those of the account that expired long ago.
    /// <see cref="SharingOutcome.Taken"/> if another has its id.
    /// </summary>
    Task<SharingOutcome> AddVaultInvitationAsync(long account, NewVaultInvitationRequest invitation, Act act, CancellationToken cancel);

    /// <summary>The invitations to shared vaults that an account made, in the order of their ids.</summary>
    Task<IReadOnlyList<StoredVaultInvitation>> ListVaultInvitationsAsync(long account, CancellationToken cancel);

    /// <summary>Takes an invitation back that an account made. Whether there was one.</summary>
    Task<bool> RemoveVaultInvitationAsync(long account, Guid id, CancellationToken cancel);

    /// <summary>An invitation, and the account that made it. Null if there is none.</summary>
    Task<(long Inviter, StoredVaultInvitation Invitation)?> FindVaultInvitationAsync(Guid id, CancellationToken cancel);

    /// <summary>Keeps the answer to an invitation. <see cref="SharingOutcome.Taken"/> if it has another, expired, or is not there any more.</summary>
    /// <param name="inviter">The account that made it.</param>
    /// <param name="id">Its id.</param>
    /// <param name="by">The account that answers.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="act">Who, and when.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<SharingOutcome> AnswerVaultInvitationAsync(long inviter, Guid id, long by, byte[] answer, Act act, CancellationToken cancel);

    /// <summary>Whether an account is the last Owner of a shared vault that has other members; of those the log has, who have an account.</summary>
    Task<bool> IsLastOwnerAsync(long account, CancellationToken cancel);

    /// <summary>Whether an invitation to a shared vault lets a User ID register.</summary>
    /// <param name="hash">Of its text.</param>
    /// <param name="userId">Normalized.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<bool> MayRegisterAsync(byte[] hash, string userId, DateTimeOffset now, CancellationToken cancel);
}
