using System.Management.Automation;
using Passpack.Sync.Rotations;
using Passpack.Vault.Rotations;

namespace Passpack.PowerShell.Commands;

/// <summary>Finishes rotations that were interrupted, or failed.</summary>
[Cmdlet(VerbsLifecycle.Resume, "PasspackRotation", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Rotation))]
public sealed class ResumePasspackRotationCommand : RotationTargetCmdlet
{
    /// <summary>Puts the new password in force: <c>param($Entry, $Old, $New)</c>. Run only if it is not.</summary>
    [Parameter(Mandatory = true)]
    public ScriptBlock? Change { get; set; }

    private protected override ScriptBlock? ChangeBlock => Change;

    private protected override string Action => "Resume the rotation of the password";

    private protected override Task<RotationOutcome> EndAsync(PasswordRotation rotation, UnfinishedRotation unfinished, CancellationToken cancellationToken) =>
        rotation.ResumeAsync(unfinished.Entry.Id, unfinished.Pending, cancellationToken);
}
