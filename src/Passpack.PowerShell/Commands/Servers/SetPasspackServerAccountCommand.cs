using System.Globalization;
using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Says how much an account of a server may hold, and whether it has to have a second factor; as its administrator.</summary>
[Cmdlet(VerbsCommon.Set, "PasspackServerAccount", SupportsShouldProcess = true)]
[OutputType(typeof(ServerAccount))]
public sealed class SetPasspackServerAccountCommand : ServerAccountCmdlet
{
    /// <summary>How many bytes it may hold; 0 for as many as the server lets every account hold.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? QuotaBytes { get; set; }

    /// <summary>Whether it has to have a second factor: without one nothing of it is synced until it is set up.</summary>
    [Parameter]
    public bool? NeedsSecondFactor { get; set; }

    /// <summary>Emits the account as it is then.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override async Task ProcessAsync(
        LocalVault administrator, ServerAccount account, Uri server, CancellationToken cancellationToken)
    {
        string[] what =
        [
            .. QuotaBytes is { } bytes
                ? [bytes == 0 ? "let it hold what every account may" : string.Create(CultureInfo.CurrentCulture, $"let it hold {bytes:N0} bytes")]
                : Array.Empty<string>(),
            .. NeedsSecondFactor is { } needed ? [needed ? "demand a second factor of it" : "demand no second factor of it"] : Array.Empty<string>(),
        ];
        if (what.Length == 0)
            throw ErrorRecords.Invalid("Say what is to be set: -QuotaBytes, -NeedsSecondFactor.", account.UserId);
        if (!ShouldProcess(account.UserId, $"At {server}: {string.Join(", ", what)}"))
            return;
        await ServerAccounts.ChangeAsync(
            administrator, account.UserId, quota: QuotaBytes is { } quota ? new QuotaChange(quota == 0 ? null : quota) : null,
            needsSecondFactor: NeedsSecondFactor, cancellationToken: cancellationToken);
        if (PassThru)
            WriteObject(await FindAsync(administrator, cancellationToken));
    }
}
