using System.Management.Automation;
using Passpack.Sync.Rotations;
using Passpack.Vault.Rotations;

namespace Passpack.PowerShell.Commands;

/// <summary>Takes rotations back that were interrupted, or failed: the old password stays in force.</summary>
[Cmdlet(VerbsCommon.Undo, "PasspackRotation", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Rotation))]
public sealed class UndoPasspackRotationCommand : RotationTargetCmdlet
{
    private protected override string Action => "Undo the rotation of the password";

    private protected override Task<RotationOutcome> EndAsync(PasswordRotation rotation, UnfinishedRotation unfinished, CancellationToken cancellationToken) =>
        rotation.UndoAsync(unfinished.Entry.Id, unfinished.Pending, cancellationToken);
}
