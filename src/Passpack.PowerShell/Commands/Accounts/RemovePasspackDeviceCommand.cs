using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Revokes the tokens of other devices: they have to log in with the Password again. They keep the entries that they have pulled.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackDevice", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Name")]
[OutputType(typeof(Device))]
public sealed class RemovePasspackDeviceCommand : AccountCmdlet
{
    /// <summary>Their names, with wildcards.</summary>
    [Parameter(Position = 0, ParameterSetName = "Name")]
    [ArgumentCompleter(typeof(DeviceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>The device.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = "Device")]
    [AllowNull]
    public Device? InputObject { get; set; }

    /// <summary>Emits the revoked devices.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (InputObject is not null)
        {
            await RemoveAsync(RequireOf(InputObject.Folder, Account, $"The device '{InputObject.Name}'", InputObject), InputObject, cancellationToken);
            return;
        }
        if (Name.Length == 0)
        {
            WriteError(ErrorRecords.Invalid("-Name is missing; Get-PasspackDevice lists the devices.", null));
            return;
        }
        LocalVault vault = RequireAccount();
        Device[] devices = [.. await NamedDevices.FindAsync(vault, Name, error => WriteError(error), cancellationToken)];
        // A pattern means all matching devices; a name means one device, so several of that name are ambiguous.
        string[] exact = [.. Name.Where(name => !WildcardPattern.ContainsWildcardCharacters(name)).Select(WildcardPattern.Unescape)];
        foreach (IGrouping<string, Device> named in devices.GroupBy(device => device.Name, StringComparer.OrdinalIgnoreCase))
        {
            if (named.Count() > 1 && exact.Contains(named.Key, StringComparer.OrdinalIgnoreCase))
            {
                WriteError(ErrorRecords.AmbiguousDevice(named.Key, vault.UserId, named));
                continue;
            }
            foreach (Device device in named)
                await RemoveAsync(vault, device, cancellationToken);
        }
    }

    private async Task RemoveAsync(LocalVault vault, Device device, CancellationToken cancellationToken)
    {
        if (device.Current)
        {
            // This machine is refused: without its token it could remove no other device, and its account would still count as connected.
            WriteError(ErrorRecords.Invalid(
                $"The device '{device.Name}' is this machine. Disconnect-PasspackAccount takes it out of the account {vault.UserId}.", device));
        }
        else if (ShouldProcess(device.Name, $"Revoke the token of device {device.Id} of the account {vault.UserId}"))
        {
            if (!await Devices.RevokeAsync(vault, device.Id, cancellationToken))
            {
                WriteError(ErrorRecords.NoSuchDevice($"'{device.Name}' ({device.Id}) any more", vault.UserId, device));
                return;
            }
            WriteVerbose($"The device '{device.Name}' can sync no more with the account {vault.UserId}.");
            if (PassThru)
                WriteObject(device);
        }
    }
}
