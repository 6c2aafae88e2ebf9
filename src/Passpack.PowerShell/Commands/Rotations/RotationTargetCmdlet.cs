using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Rotations;
using Passpack.Vault.Account;
using Passpack.Vault.Rotations;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that ends unfinished rotations.</summary>
public abstract class RotationTargetCmdlet : RotationCmdlet
{
    /// <summary>What Get-PasspackRotation emits.</summary>
    // Not mandatory: PowerShell's own error would show whatever else is piped.
    [Parameter(ValueFromPipeline = true)]
    [RotationTransformation]
    [Alias("Rotation")]
    [AllowNull]
    public Rotation? InputObject { get; set; }

    /// <summary>What is asked for confirmation.</summary>
    private protected abstract string Action { get; }

    private protected abstract Task<RotationOutcome> EndAsync(PasswordRotation rotation, UnfinishedRotation unfinished, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (InputObject is not { } given)
        {
            WriteError(ErrorRecords.Invalid($"Say which rotation: Get-PasspackRotation VPN | {MyInvocation.MyCommand.Name}.", null));
            return;
        }
        LocalVault vault = RequireOf(given.Folder, Account, $"The entry '{given.Name}'", given);
        UnfinishedRotation unfinished;
        try
        {
            unfinished = given.Open();
        }
        catch (PasspackException e)
        {
            WriteError(e, given);
            return;
        }
        if (ShouldProcess(given.Name, Action))
            await RunAsync(vault, given, rotation => EndAsync(rotation, unfinished, cancellationToken), cancellationToken);
    }
}
