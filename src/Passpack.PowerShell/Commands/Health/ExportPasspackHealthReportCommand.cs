using System.Management.Automation;
using Passpack.Health.Checks;
using Passpack.Health.Reports;
using Passpack.Vault.Account;
using CoreFinding = Passpack.Health.Checks.HealthFinding;

namespace Passpack.PowerShell.Commands;

/// <summary>Writes a page for people about the health of all entries.</summary>
[Cmdlet(VerbsData.Export, "PasspackHealthReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportPasspackHealthReportCommand : HealthCmdlet
{
    private string _file = "";
    private bool _isWritten;

    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Overwrite the file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task BeginAsync(CancellationToken cancellationToken)
    {
        await base.BeginAsync(cancellationToken);
        _file = ResolveFile(Path);
        HealthReport.RequireWritable(_file, Force);
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        RefuseEntry();
        LocalVault vault = RequireAccount();
        if (_isWritten)
            throw ErrorRecords.Invalid($"A report is of one account, and {Path} is written: give each its own file.", vault.UserId);
        if (!ShouldProcess(_file, $"Write a report that names the entries of {vault.UserId} with weak passwords"))
            return;
        List<CoreFinding> findings = [];
        HealthTotals totals = await LookAsync(vault, findings.Add, cancellationToken);
        var report = new HealthReport
        {
            Account = vault.UserId,
            Time = TimeProvider.System.GetLocalNow(),
            Options = Options,
            BreachSource = BreachList is null ? BreachUri?.Host : System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(BreachList)),
            Totals = totals,
            Findings = findings,
        };
        report.Write(_file, Force);
        _isWritten = true;
        EmitFile(_file);
    }
}
