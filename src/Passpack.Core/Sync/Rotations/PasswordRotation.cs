using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Rotations;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Rotations;

/// <summary>
/// Changes an entry's password here and where it is used, so that neither password is lost: prepared (both are in the vault; online, too) -> the change
/// was made -> the new password was verified -> committed. An error, a kill or a lost network between two steps leaves the rotation unfinished; it is
/// resumed or undone on any machine of the account. docs/sync.md, "Rotations".
/// </summary>
/// <param name="vault">Unlocked.</param>
/// <param name="blocks">What is done where the password is used.</param>
/// <param name="options">How.</param>
public sealed class PasswordRotation(LocalVault vault, RotationBlocks blocks, RotationOptions options)
{
    // A rotation settles nobody's conflicts: the user does, in a sync.
    private static readonly SyncOptions s_quiet = new() { ExcludeTags = true, ExcludeFavorites = true, Policy = ConflictPolicy.Stop };

    /// <summary>Rotates the password of an entry.</summary>
    /// <param name="id">The entry.</param>
    /// <param name="password">The new password.</param>
    /// <param name="cancellationToken">Gives up; what was prepared stays unfinished.</param>
    /// <exception cref="ArgumentException">The new password is empty, or the old one.</exception>
    /// <exception cref="PasspackException">
    /// Before anything is changed: <see cref="ErrorCodes.EntryNotFound"/>, also in the trash; <see cref="ErrorCodes.RotationPending"/>;
    /// <see cref="ErrorCodes.SyncConflict"/>; <see cref="ErrorCodes.ServerUnreachable"/>, and whatever else a sync throws. Afterwards:
    /// <see cref="ErrorCodes.RotationFailed"/>, <see cref="ErrorCodes.RotationConflict"/>.
    /// </exception>
    public async Task<RotationOutcome> RunAsync(Guid id, string password, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(password);
        FullEntry entry = vault.RequireLive(id);
        if (entry.Secret.Password == password)
            throw new ArgumentException($"The new password of '{entry.Summary.Name}' is the one that it has.");
        PendingPassword pending = new(password, vault.Now, Environment.MachineName, PendingPassword.Prepared);
        await PrepareAsync(entry.Summary, pending, cancellationToken).ConfigureAwait(false);
        return await ChangeAsync(id, pending, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Finishes a rotation. Which password is in force is asked first, where that can be told, and the change is made only if it is the old one.
    /// </summary>
    /// <param name="id">The entry.</param>
    /// <param name="pending">The rotation.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">As of <see cref="RunAsync"/>.</exception>
    public async Task<RotationOutcome> ResumeAsync(Guid id, PendingPassword pending, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pending);
        if (await TakeUpAsync(id, pending, cancellationToken).ConfigureAwait(false) is { } finished)
            return finished;
        pending = Require(id, pending).Pending;
        if (blocks.Verify is null)
        {
            return pending.Step == PendingPassword.Verified
                ? await CommitAsync(id, pending, cancellationToken).ConfigureAwait(false)
                : await ChangeAsync(id, pending, cancellationToken).ConfigureAwait(false);
        }
        if (await IsInForceAsync(id, pending, ofNew: true).ConfigureAwait(false))
            return await CommitAsync(id, RotationSteps.Reach(vault, id, pending, PendingPassword.Verified), cancellationToken).ConfigureAwait(false);
        if (await IsInForceAsync(id, pending, ofNew: false).ConfigureAwait(false))
            return await ChangeAsync(id, StepBack(id, pending), cancellationToken).ConfigureAwait(false);
        throw Failed(id, pending, "-Verify says true neither of the new password nor of the old one, so nothing was run. See whether what it asks can be "
            + "reached. Without -Verify, -Change is run again");
    }

    /// <summary>Takes a rotation back: the old password stays in force, the new one goes to the history.</summary>
    /// <inheritdoc cref="ResumeAsync" path="/param"/>
    /// <inheritdoc cref="ResumeAsync" path="/exception"/>
    public async Task<RotationOutcome> UndoAsync(Guid id, PendingPassword pending, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pending);
        if (await TakeUpAsync(id, pending, cancellationToken).ConfigureAwait(false) is { } finished)
            throw RotationErrors.Conflict(finished.Entry.Name, null);
        pending = Require(id, pending).Pending;
        await PutBackAsync(id, pending).ConfigureAwait(false);
        return await EndAsync(id, pending, isCommitted: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The new password beside the old one: online first, so that every machine can go on from there.</summary>
    private async Task PrepareAsync(EntrySummary entry, PendingPassword pending, CancellationToken cancellationToken)
    {
        if (UnfinishedRotation.Find(vault, entry.Id) is { } other)
            throw RotationErrors.Pending(entry.Name, other.Pending);
        if (IsConnected() && await OnlineAsync(entry.Name, PrepareOnlineAsync).ConfigureAwait(false))
            return;
        RotationSteps.Prepare(vault, entry.Id, pending);

        async Task PrepareOnlineAsync()
        {
            // Against the online version alone: a change of this machine goes up first.
            if (HasLocalChange(entry.Id))
                await SyncAsync(cancellationToken).ConfigureAwait(false);
            OnlineEdit edit = new() { Id = entry.Id, Values = RotationSteps.Preparing(pending) };
            if ((await OnlineVault.ApplyAsync(vault, [edit], options.Progress, cancellationToken).ConfigureAwait(false)).Single().Error is { } error)
                throw error;
        }
    }

    /// <summary>Learns what other machines have done meanwhile.</summary>
    /// <returns>The outcome, if one of them has finished the rotation. Null if it has to be gone on with.</returns>
    private async Task<RotationOutcome?> TakeUpAsync(Guid id, PendingPassword pending, CancellationToken cancellationToken)
    {
        if (IsConnected())
            await OnlineAsync(vault.RequireLive(id).Summary.Name, () => SyncAsync(cancellationToken)).ConfigureAwait(false);
        FullEntry entry = vault.RequireLive(id);
        return entry.Secret.Pending is null && entry.Secret.Password == pending.Value ? new RotationOutcome(entry.Summary, pending, true) : null;
    }

    /// <summary>From prepared on.</summary>
    private async Task<RotationOutcome> ChangeAsync(Guid id, PendingPassword pending, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await blocks.Change!(Passwords(id, pending)).ConfigureAwait(false);
            pending = RotationSteps.Reach(vault, id, pending, PendingPassword.Changed);
            if (blocks.Verify is not null)
            {
                if (!await blocks.Verify(Passwords(id, pending), pending.Value).ConfigureAwait(false))
                    throw new PasspackException(ErrorCodes.RotationFailed, "-Change ran, and -Verify does not say true of the new password");
                pending = RotationSteps.Reach(vault, id, pending, PendingPassword.Verified);
            }
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RotationFailed)
        {
            await FailAsync(id, pending, e, cancellationToken).ConfigureAwait(false);
        }
        return await CommitAsync(id, pending, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts the old password back, if that is known how to, and throws.</summary>
    private async Task FailAsync(Guid id, PendingPassword pending, PasspackException failure, CancellationToken cancellationToken)
    {
        if (blocks.Undo is null)
        {
            await TrySyncAsync(cancellationToken).ConfigureAwait(false);
            throw Failed(id, pending, failure.Message);
        }
        try
        {
            await PutBackAsync(id, pending).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RotationFailed)
        {
            await TrySyncAsync(cancellationToken).ConfigureAwait(false);
            throw Failed(id, pending, $"{failure.Message}; then {e.Message}");
        }
        string name = (await EndAsync(id, pending, isCommitted: false, cancellationToken).ConfigureAwait(false)).Entry.Name;
        throw new PasspackException(ErrorCodes.RotationFailed,
            $"The password of '{name}' was not rotated: {failure.Message}. -Undo put the old password back; the new one is in its history.")
        { Target = name };
    }

    /// <summary>Sees to it that the old password is in force.</summary>
    private async Task PutBackAsync(Guid id, PendingPassword pending)
    {
        if (blocks.Verify is not null && await IsInForceAsync(id, pending, ofNew: false).ConfigureAwait(false))
            return;
        if (blocks.Undo is not null)
        {
            // From now on it is not known which of them is in force.
            await blocks.Undo(Passwords(id, StepBack(id, pending))).ConfigureAwait(false);
        }
        RotatedPassword passwords = Passwords(id, pending);
        if (blocks.Verify is not null && (blocks.Undo is null || !await blocks.Verify(passwords, passwords.Old).ConfigureAwait(false)))
            throw new PasspackException(ErrorCodes.RotationFailed, "-Verify does not say true of the old password");
    }

    private async Task<RotationOutcome> CommitAsync(Guid id, PendingPassword pending, CancellationToken cancellationToken) =>
        await EndAsync(id, pending, isCommitted: true, cancellationToken).ConfigureAwait(false);

    private async Task<RotationOutcome> EndAsync(Guid id, PendingPassword pending, bool isCommitted, CancellationToken cancellationToken)
    {
        EntrySummary entry = isCommitted ? RotationSteps.Commit(vault, id, pending) : RotationSteps.TakeBack(vault, id, pending);
        await TrySyncAsync(cancellationToken).ConfigureAwait(false);
        return new RotationOutcome(entry, pending, isCommitted);
    }

    /// <summary>Whether a password is in force; one that cannot be told is taken for one that is not.</summary>
    private async Task<bool> IsInForceAsync(Guid id, PendingPassword pending, bool ofNew)
    {
        RotatedPassword passwords = Passwords(id, pending);
        try
        {
            return await blocks.Verify!(passwords, ofNew ? passwords.New : passwords.Old).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RotationFailed)
        {
            return false;
        }
    }

    private PendingPassword StepBack(Guid id, PendingPassword pending) =>
        pending.Step == PendingPassword.Prepared ? pending : RotationSteps.Reach(vault, id, pending, PendingPassword.Prepared);

    private RotatedPassword Passwords(Guid id, PendingPassword pending)
    {
        UnfinishedRotation rotation = Require(id, pending);
        return new RotatedPassword(rotation.Entry, rotation.Old, rotation.Pending.Value);
    }

    private UnfinishedRotation Require(Guid id, PendingPassword pending) => UnfinishedRotation.Require(vault, id, pending);

    private PasspackException Failed(Guid id, PendingPassword pending, string why)
    {
        string name = Require(id, pending).Entry.Name;
        return new PasspackException(ErrorCodes.RotationFailed, $"The rotation of the password of '{name}' is not finished: {why}. Both passwords are in "
            + "the entry. 'Get-PasspackRotation' shows it; Resume-PasspackRotation goes on, Undo-PasspackRotation takes it back.") { Target = name };
    }

    /// <summary>Does something at the server; or not, where that cannot be reached and need not.</summary>
    /// <returns>Whether it was done.</returns>
    private async Task<bool> OnlineAsync(string name, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
            return true;
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.ServerUnreachable)
        {
            if (options.AllowOffline)
            {
                options.NotSynced(e);
                return false;
            }
            throw new PasspackException(e.ErrorId, $"{e.Message} Nothing of the rotation of '{name}' was started: other machines would not know of it. "
                + "-AllowOffline starts it nevertheless.", e) { Target = name };
        }
    }

    /// <summary>Tells the other machines how far the rotation is; the next sync does where this one cannot.</summary>
    private async Task TrySyncAsync(CancellationToken cancellationToken)
    {
        if (!IsConnected())
            return;
        try
        {
            await SyncAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e)
        {
            options.NotSynced(e);
        }
    }

    private Task<SyncResult> SyncAsync(CancellationToken cancellationToken) => VaultSync.RunAsync(vault, s_quiet, options.Progress, cancellationToken);

    private bool IsConnected()
    {
        using VaultUse use = vault.Use();
        return AccountRow.Load(use.Connection).Server is not null;
    }

    private bool HasLocalChange(Guid id)
    {
        using VaultUse use = vault.Use();
        return EntryState.Find(use.Connection, id) is { IsLocal: true };
    }
}
