using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>Second factors, and invitations.</summary>
internal partial interface IServerStore
{
    /// <summary>Keeps a set-up in place of one that waits, unless the newest manifest is another one.</summary>
    Task<ChangeOutcome> SetUpSecondFactorAsync(long account, SecondFactorSetup setup, ManifestName head, CancellationToken cancel);

    /// <summary>The set-up that waits, if it was made after a time. Null if there is none.</summary>
    Task<SecondFactorSetup?> FindSecondFactorSetupAsync(long account, DateTimeOffset after, CancellationToken cancel);

    /// <summary>
    /// Puts a set-up in force, if it still waits, and deletes the tokens that were never woken: they came from logins without it.
    /// </summary>
    /// <returns>Whether it did.</returns>
    Task<bool> ConfirmSecondFactorAsync(long account, SecondFactorSetup setup, SecondFactorUse use, Act act, CancellationToken cancel);

    /// <summary>Notes that a code is taken, unless it was meanwhile, or the second factor is another one. True if it was noted.</summary>
    Task<bool> UseSecondFactorAsync(long account, SecondFactorUse use, CancellationToken cancel);

    /// <summary>Removes the second factor and a set-up that waits, unless the newest manifest is another one.</summary>
    Task<ChangeOutcome> RemoveSecondFactorAsync(long account, ManifestName head, Act act, CancellationToken cancel);

    /// <summary>Whether an invitation was made, and neither used nor expired.</summary>
    Task<bool> HasInvitationAsync(byte[] hash, DateTimeOffset now, CancellationToken cancel);

    /// <summary>Adds an invitation, unless it is there, used or not.</summary>
    /// <param name="invitation">It.</param>
    /// <param name="by">The account that has to be an administrator's, and the newest manifest that it signed over. Null for the server itself.</param>
    /// <param name="act">The act, for the log.</param>
    /// <param name="cancel">Gives up waiting.</param>
    Task<ChangeOutcome> AddInvitationAsync(
        NewInvitation invitation, (long Account, ManifestName Head)? by, Act act, CancellationToken cancel);
}
