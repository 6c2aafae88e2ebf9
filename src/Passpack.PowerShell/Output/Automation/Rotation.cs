using System.Security;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Rotations;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>A rotation of an entry's password. As in <see cref="Entry"/>, secrets are not properties; methods open them.</summary>
public sealed class Rotation
{
    internal Rotation(EntrySummary entry, PendingPassword pending, RotationStep step, LocalVault vault)
    {
        Folder = vault.Folder;
        SinceMilliseconds = pending.Since;
        EntryId = entry.Id;
        Name = entry.Name;
        UserId = entry.UserId;
        Step = step;
        Since = DateTimeOffset.FromUnixTimeMilliseconds(pending.Since);
        Machine = pending.Machine;
        (Next, Advice) = Describe(step);
    }

    internal Rotation(UnfinishedRotation rotation, LocalVault vault)
        : this(rotation.Entry, rotation.Pending, StepOf(rotation.Pending), vault)
    {
    }

    /// <summary>The Entry Name.</summary>
    public string Name { get; }

    /// <summary>The User ID whose password it is.</summary>
    public string UserId { get; }

    /// <summary>How far it is.</summary>
    public RotationStep Step { get; }

    /// <summary>When it was prepared.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>The machine that prepared it.</summary>
    public string Machine { get; }

    /// <summary>What can be done with it, in words. Empty if it is over.</summary>
    public string Next { get; }

    /// <summary>The same, in sentences.</summary>
    public string Advice { get; }

    /// <summary>The User ID of the account that the entry lives in.</summary>
    public string Account => Folder.UserId;

    /// <summary>The entry. Not named Id, so that cmdlets which bind an entry's Id do not take a rotation for the entry.</summary>
    public Guid EntryId { get; }

    internal AccountFolder Folder { get; }

    internal long SinceMilliseconds { get; }

    /// <summary>The password before, while the rotation is not finished.</summary>
    public SecureString GetOldPassword() => SecureStrings.Of(Open().Old);

    /// <summary>The new password, while the rotation is not finished.</summary>
    public SecureString GetNewPassword() => SecureStrings.Of(Open().Pending.Value);

    /// <summary>A text by which the user recognises it.</summary>
    public override string ToString() => $"{Name}, {Step}";

    /// <summary>What the account has of it now.</summary>
    internal UnfinishedRotation Open() => UnfinishedRotation.Require(UnlockedAccounts.Shared.Require(Folder), EntryId, SinceMilliseconds, Machine);

    // What a later version calls its steps says nothing here: as after prepared, it is not known which password is in force.
    private static RotationStep StepOf(PendingPassword pending) => pending.Step switch
    {
        PendingPassword.Changed => RotationStep.Changed,
        PendingPassword.Verified => RotationStep.Verified,
        _ => RotationStep.Prepared,
    };

    private static (string Next, string Advice) Describe(RotationStep step)
    {
        const string both = "Resume-PasspackRotation finishes it, Undo-PasspackRotation takes it back; each takes the blocks again.";
        return step switch
        {
            RotationStep.Prepared => ("resume or undo", $"Whether -Change ran is not known. Both passwords are in the entry. {both}"),
            RotationStep.Changed => ("resume or undo", $"-Change ran, and nothing has verified the new password. Both passwords are in the entry. {both}"),
            RotationStep.Verified => ("resume", $"The new password was verified, and is not committed yet. {both}"),
            RotationStep.Committed => ("", "The new password is in force; the old one is in the entry's history."),
            _ => ("", "The old password is in force; the new one is in the entry's history."),
        };
    }
}

/// <summary>How far a rotation is.</summary>
public enum RotationStep
{
    /// <summary>The new password is in the vault, beside the old one.</summary>
    Prepared,

    /// <summary>-Change ran.</summary>
    Changed,

    /// <summary>-Verify said true of the new password.</summary>
    Verified,

    /// <summary>Finished: the new password is in force.</summary>
    Committed,

    /// <summary>Taken back: the old password is in force.</summary>
    Undone,
}
