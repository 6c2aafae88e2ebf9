using System.Management.Automation;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Lists the devices of an online account.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackDevice")]
[OutputType(typeof(Device))]
public sealed class GetPasspackDeviceCommand : EachAccountCmdlet
{
    /// <summary>Their names, with wildcards; by default all.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(DeviceCompleter))]
    [SupportsWildcards]
    [PSDefaultValue(Help = "*")]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        foreach (Device device in await NamedDevices.FindAsync(RequireAccount(), Name, error => WriteError(error), cancellationToken))
            WriteObject(device);
    }
}
