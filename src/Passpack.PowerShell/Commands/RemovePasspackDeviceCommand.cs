using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Revokes the tokens of other devices: each has to log in with the Password again. What they have pulled, they keep.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackDevice", SupportsShouldProcess = true, DefaultParameterSetName = "Name")]
[OutputType(typeof(void))]
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

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken stopping)
    {
        if (InputObject is not null)
        {
            await RemoveAsync(DemandOf(InputObject.Folder, Account, $"The device '{InputObject.Name}'", InputObject), InputObject, stopping);
            return;
        }
        if (Name.Length == 0)
        {
            WriteError(ErrorRecords.Invalid("-Name is missing; Get-PasspackDevice lists the devices.", null));
            return;
        }
        LocalVault vault = DemandAccount();
        foreach (Device device in await Online.DevicesAsync(vault, Name, error => WriteError(error), stopping))
            await RemoveAsync(vault, device, stopping);
    }

    private async Task RemoveAsync(LocalVault vault, Device device, CancellationToken stopping)
    {
        if (device.Current)
        {
            // Without its token this machine could remove no other, and its account would believe itself connected.
            WriteError(ErrorRecords.Invalid(
                $"The device '{device.Name}' is this machine. Disconnect-PasspackAccount takes it out of the account {vault.UserId}.", device));
        }
        else if (ShouldProcess(device.Name, $"Revoke the token of device {device.Id} of the account {vault.UserId}"))
        {
            if (await Online.RevokeDeviceAsync(vault, device.Id, stopping))
                WriteVerbose($"The device '{device.Name}' can sync no more with the account {vault.UserId}.");
            else
                WriteError(ErrorRecords.NoSuchDevice($"'{device.Name}' ({device.Id}) any more", vault.UserId, device));
        }
    }
}
