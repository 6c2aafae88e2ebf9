using System.Management.Automation;
using Passpack.Sync.Repair;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Looks whether all of a vault is sound; with -Repair, recovers damaged records from online or from the history, and removes what is lost.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PasspackVault", SupportsShouldProcess = true)]
[OutputType(typeof(bool), typeof(Finding))]
public sealed class TestPasspackVaultCommand : AccountCmdlet
{
    /// <summary>Emit what is wrong, one by one, in place of whether anything is.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Recover damaged records where the online account or the history has them; earlier versions and flags that nobody has go.</summary>
    [Parameter]
    public SwitchParameter Repair { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken stopping)
    {
        LocalVault vault = DemandAccount();
        IReadOnlyList<VaultFinding> findings = [.. Counted(VaultTest.Find(vault, stopping), $"Testing {vault.Path}")];
        if (Repair && findings.Count > 0 && ShouldProcess(vault.UserId, $"Repair {findings.Count} finding(s)"))
            findings = await VaultRepair.RunAsync(vault, findings, stopping);
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
