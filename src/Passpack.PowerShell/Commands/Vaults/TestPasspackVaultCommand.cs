using System.Management.Automation;
using Passpack.Sync.Repair;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// Checks a whole vault for damage; with -Repair, recovers damaged records from the online account or the history, and removes lost ones.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "PasspackVault", SupportsShouldProcess = true)]
[OutputType(typeof(bool), typeof(Finding))]
public sealed class TestPasspackVaultCommand : AccountCmdlet
{
    /// <summary>Emits the findings, instead of true or false.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Recovers damaged records from the online account or the history; removes earlier versions and flags that are lost.</summary>
    [Parameter]
    public SwitchParameter Repair { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        IReadOnlyList<VaultFinding> findings = [.. Counted(VaultTest.Find(vault, cancellationToken), $"Testing {vault.Path}")];
        if (Repair && findings.Count > 0 && ShouldProcess(vault.UserId, $"Repair {findings.Count} finding(s)"))
            findings = await VaultRepair.RunAsync(vault, findings, cancellationToken);
        if (!Detailed)
            WriteObject(findings.All(finding => finding.Repaired is not null));
        foreach (Finding finding in findings.Select(finding => new Finding(finding, vault.UserId)))
        {
            if (Detailed)
                WriteObject(finding);
            else
                WriteVerbose(finding.Repaired is null ? finding.Description : $"{finding.Description} Repaired with {finding.Repaired}.");
        }
    }
}
