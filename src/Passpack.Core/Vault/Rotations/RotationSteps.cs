using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Rotations;

/// <summary>
/// The steps of a rotation in the vault: prepared, changed, verified, committed; or undone. Each is one transaction, on the disk when it returns. At no
/// step, and nowhere between two, is one of the passwords neither in the entry nor in its history.
/// </summary>
internal static class RotationSteps
{
    /// <summary>The edit that puts a new password beside the one in force.</summary>
    public static EntryEdit Preparing(PendingPassword pending) => new() { Rotation = new RotationEdit(null, pending) };

    /// <summary>Prepares a rotation on this machine alone.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RotationPending"/>; as of <see cref="VaultWriter.Edit(Guid, EntryEdit)"/>.</exception>
    public static void Prepare(LocalVault vault, Guid id, PendingPassword pending) => Write(vault, id, Preparing(pending));

    /// <summary>Notes how far a rotation is.</summary>
    /// <returns>The rotation afterwards.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RotationConflict"/>: it is not under way any more.</exception>
    public static PendingPassword Reach(LocalVault vault, Guid id, PendingPassword pending, string step)
    {
        PendingPassword reached = pending with { Step = step };
        Write(vault, id, new EntryEdit { Rotation = new RotationEdit(pending, reached) });
        return reached;
    }

    /// <summary>Puts the new password in force; the old one goes to the history.</summary>
    /// <inheritdoc cref="Reach" path="/exception"/>
    public static EntrySummary Commit(LocalVault vault, Guid id, PendingPassword pending) =>
        Write(vault, id, new EntryEdit { Password = pending.Value, Rotation = new RotationEdit(pending, null) });

    /// <summary>Leaves the old password in force; the new one goes to the history.</summary>
    /// <inheritdoc cref="Reach" path="/exception"/>
    public static EntrySummary TakeBack(LocalVault vault, Guid id, PendingPassword pending) =>
        Write(vault, id, new EntryEdit { Rotation = new RotationEdit(pending, null) });

    private static EntrySummary Write(LocalVault vault, Guid id, EntryEdit edit)
    {
        using VaultWriter writer = vault.BeginWrite();
        EntrySummary entry = writer.Edit(id, edit);
        writer.Commit();
        return entry;
    }
}
