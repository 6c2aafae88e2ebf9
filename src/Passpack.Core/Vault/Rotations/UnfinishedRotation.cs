using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Rotations;

/// <summary>A rotation of an entry's password that is not finished: both passwords are in the entry.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Old">The password in force here.</param>
/// <param name="Pending">The new password, and how far the rotation is.</param>
public sealed record UnfinishedRotation(EntrySummary Entry, string Old, PendingPassword Pending)
{
    /// <summary>The unfinished rotations of an account's entries that are not in the trash. Opens the secrets of those alone.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="query">Which entries.</param>
    /// <param name="damaged">Called for every record that does not open, which is then skipped.</param>
    /// <param name="cancellationToken">Checked before every entry.</param>
    public static IEnumerable<UnfinishedRotation> List(
        LocalVault vault, EntryQuery query, Action<PasspackException> damaged, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(damaged);
        foreach (EntrySummary entry in vault.List(query, damaged, cancellationToken).Where(entry => entry.Flags.HasFlag(EntryFlags.Rotation)))
        {
            if (Open(vault, entry, damaged) is { } rotation)
                yield return rotation;
        }
    }

    /// <summary>The unfinished rotation of an entry. Null if there is none.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, also in the trash; <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public static UnfinishedRotation? Find(LocalVault vault, Guid id)
    {
        ArgumentNullException.ThrowIfNull(vault);
        FullEntry entry = vault.RequireLive(id);
        return entry.Secret.Pending is { } pending ? new UnfinishedRotation(entry.Summary, entry.Secret.Password, pending) : null;
    }

    /// <summary>The unfinished rotation that a list has shown.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="id">The entry.</param>
    /// <param name="since">When it began, in milliseconds since 1970.</param>
    /// <param name="machine">On which machine.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.RotationConflict"/>: it is finished, or another one is under way. As of <see cref="Find"/>.
    /// </exception>
    public static UnfinishedRotation Require(LocalVault vault, Guid id, long since, string machine) =>
        Require(vault, id, pending => pending.Since == since && pending.Machine == machine);

    /// <summary>The unfinished rotation of an entry, if it is this one, however far.</summary>
    /// <inheritdoc cref="Require(LocalVault, Guid, long, string)" path="/exception"/>
    internal static UnfinishedRotation Require(LocalVault vault, Guid id, PendingPassword expected) => Require(vault, id, expected.IsSameAs);

    private static UnfinishedRotation Require(LocalVault vault, Guid id, Func<PendingPassword, bool> isIt)
    {
        UnfinishedRotation? found = Find(vault, id);
        return found is not null && isIt(found.Pending) ? found : throw RotationErrors.Conflict(vault.Get(id).Name, found?.Pending);
    }

    private static UnfinishedRotation? Open(LocalVault vault, EntrySummary entry, Action<PasspackException> damaged)
    {
        try
        {
            return Find(vault, entry.Id);
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.RecordDamaged or ErrorCodes.EntryNotFound)
        {
            // Not found: moved to the trash since it was listed.
            if (e.ErrorId == ErrorCodes.RecordDamaged)
                damaged(e);
            return null;
        }
    }
}
