using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Client;

namespace Passpack.PowerShell.Commands;

/// <summary>Sets this machine up from an existing online account, or renews the link of the local one.</summary>
[Cmdlet(VerbsCommunications.Connect, "PasspackAccount", SupportsShouldProcess = true)]
[OutputType(typeof(LocalAccount))]
public sealed class ConnectPasspackAccountCommand : OnlineAccountCmdlet
{
    /// <summary>The Packing Key.</summary>
    [Parameter(Mandatory = true)]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>A checkpoint that another machine showed: the server's history has to hold it.</summary>
    [Parameter]
    public string? Checkpoint { get; set; }

    /// <summary>The server was restored from a backup: where it has earlier keys of the account than this machine, this machine's go there again.</summary>
    [Parameter]
    public SwitchParameter AcceptRollback { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken stopping)
    {
        OnlineServer server = DemandServer();
        if (!ShouldProcess(Credential!.UserName, $"Connect this machine to the online account at {server.Address}"))
            return;
        WarnIfOpen(server.Address);
        WriteVerbose($"Connecting to {server.Address} as {Credential.UserName}. The Packing Key stays on this machine.");
        Emit(await Online.ConnectAsync(server, Credential, PackingKey, Checkpoint, AcceptRollback, DeviceName, stopping));
    }
}
