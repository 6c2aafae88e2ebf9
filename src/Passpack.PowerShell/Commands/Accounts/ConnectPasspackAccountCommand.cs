using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
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

    /// <summary>A code of the account's second factor, or a recovery code.</summary>
    [Parameter]
    [SecondFactorTransformation]
    public SecureString? SecondFactor { get; set; }

    /// <summary>A checkpoint from another machine; the server's history has to contain it.</summary>
    [Parameter]
    public string? Checkpoint { get; set; }

    /// <summary>
    /// Accepts that the server was restored from a backup: if its keys are older than this machine's, this machine's are put there again.
    /// </summary>
    [Parameter]
    public SwitchParameter AcceptRollback { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        OnlineServer server = RequireServer();
        if (!ShouldProcess(Credential!.UserName, $"Connect this machine to the online account at {server.Address}"))
            return;
        WarnIfOpen(server.Address);
        WriteVerbose($"Connecting to {server.Address} as {Credential.UserName}. The Packing Key stays on this machine.");
        using var credentials = new OnlineCredentials(Credential, PackingKey, SecondFactor);
        var options = new ConnectOptions { Checkpoint = Checkpoint, AcceptRollback = AcceptRollback, DeviceName = DeviceName };
        Emit(await Connecting.ConnectAsync(credentials.At(server), options, cancellationToken));
    }
}
