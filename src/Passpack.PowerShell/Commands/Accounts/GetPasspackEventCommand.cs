using System.Management.Automation;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Reads the log of events of an online account, and verifies that it continues what this machine saw of it.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackEvent")]
[OutputType(typeof(AccountEvent))]
public sealed class GetPasspackEventCommand : EachAccountCmdlet
{
    /// <summary>What happened; by default everything.</summary>
    [Parameter(Position = 0)]
    [PSDefaultValue(Help = "all")]
    public EventKind[] Type { get; set; } = [];

    /// <summary>The number before the first one wanted; by default all that are kept.</summary>
    [Parameter]
    [PSDefaultValue(Help = "0")]
    [ValidateRange(0, long.MaxValue)]
    public long After { get; set; }

    /// <summary>How many; by default all.</summary>
    [Parameter]
    [PSDefaultValue(Help = "all")]
    [ValidateRange(1, int.MaxValue)]
    public int First { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        // Names of devices are in no event: the list of devices has them.
        Dictionary<Guid, string> names = (await Devices.ListAsync(vault, cancellationToken)).ToDictionary(device => device.Id, device => device.Name);
        int shown = 0;
        await foreach (OnlineEvent told in EventLog.ReadAsync(vault, After, cancellationToken))
        {
            if (Type.Length > 0 && !Type.Contains((EventKind)told.Type))
                continue;
            WriteObject(new AccountEvent(told, told.Device is { } id ? names.GetValueOrDefault(id) : null, vault));
            if (++shown == First)
                return;
        }
    }
}
