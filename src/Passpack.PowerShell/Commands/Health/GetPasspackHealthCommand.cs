using System.Management.Automation;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Tells which entries want attention, and why.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackHealth")]
[OutputType(typeof(HealthFinding))]
public sealed class GetPasspackHealthCommand : HealthCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        RefuseEntry();
        LocalVault vault = RequireAccount();
        await LookAsync(vault, finding => WriteObject(new HealthFinding(finding, vault.UserId)), cancellationToken);
    }
}
