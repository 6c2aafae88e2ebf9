using System.Management.Automation;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Reads the log of events of an online account, and verifies that it continues what this machine saw of it.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackEvent")]
[OutputType(typeof(AccountEvent))]
public sealed class GetPasspackEventCommand : EventCmdlet
{
    /// <summary>What happened; by default everything.</summary>
    [Parameter(Position = 0)]
    [PSDefaultValue(Help = "all")]
    public EventKind[] Type { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        // Names of devices are in no event: the list of devices has them.
        Dictionary<Guid, string> names = (await Devices.ListAsync(vault, cancellationToken)).ToDictionary(device => device.Id, device => device.Name);
        await EmitAsync(EventLog.ReadAsync(vault, After, cancellationToken), Type, told => told.Type,
            told => new AccountEvent(told, told.Device is { } id ? names.GetValueOrDefault(id) : null, vault));
    }
}
