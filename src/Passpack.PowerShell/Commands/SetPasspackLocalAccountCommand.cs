using System.Management.Automation;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Changes what an account on this machine keeps to.</summary>
[Cmdlet(VerbsCommon.Set, "PasspackLocalAccount", SupportsShouldProcess = true)]
[OutputType(typeof(LocalAccount))]
public sealed class SetPasspackLocalAccountCommand : EachAccountCmdlet
{
    /// <summary>Idle minutes after which it locks, from the next unlock on; 0: never.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? LockAfterMinutes { get; set; }

    /// <summary>Versions of an entry that are kept. The newest always stays.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? HistoryVersions { get; set; }

    /// <summary>Days that they are kept.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? HistoryDays { get; set; }

    /// <summary>Emit the account.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken stopping)
    {
        string[] settings =
        [
            .. new (string Name, int? Value)[]
            {
                (nameof(LockAfterMinutes), LockAfterMinutes), (nameof(HistoryVersions), HistoryVersions), (nameof(HistoryDays), HistoryDays),
            }.Where(setting => setting.Value is not null).Select(setting => $"{setting.Name} to {setting.Value}"),
        ];
        if (settings.Length == 0)
            throw ErrorRecords.Invalid("Say what to set: -LockAfterMinutes, -HistoryVersions, -HistoryDays.", Account);
        LocalVault vault = DemandAccount();
        if (!ShouldProcess(vault.UserId, $"Set {string.Join(", ", settings)}"))
            return Task.CompletedTask;
        vault.Configure(LockAfterMinutes, HistoryVersions, HistoryDays);
        if (PassThru)
            WriteObject(new LocalAccount(vault.Folder));
        return Task.CompletedTask;
    }
}
