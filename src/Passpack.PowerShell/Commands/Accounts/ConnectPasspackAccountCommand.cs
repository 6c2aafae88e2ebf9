using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Sets this machine up from an existing online account, or renews the link of the local one.</summary>
[Cmdlet(VerbsCommunications.Connect, "PasspackAccount", SupportsShouldProcess = true, DefaultParameterSetName = ByCredential)]
[OutputType(typeof(LocalAccount))]
public sealed class ConnectPasspackAccountCommand : OnlineAccountCmdlet
{
    private const string ByKeyFile = "KeyFile";

    /// <summary>A key file that Enable-PasspackUnattendedUnlock -Portable made: it holds all that is needed, and nothing is asked.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByKeyFile)]
    [ValidateNotNullOrEmpty]
    public string KeyFile { get; set; } = "";

    /// <summary>The Packing Key.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByCredential)]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>A code of the account's second factor, or a recovery code.</summary>
    [Parameter(ParameterSetName = ByCredential)]
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
        var options = new ConnectOptions { Checkpoint = Checkpoint, AcceptRollback = AcceptRollback, DeviceName = DeviceName };
        if (ParameterSetName == ByKeyFile)
        {
            await ConnectByFileAsync(ResolveFile(KeyFile), options, cancellationToken);
            return;
        }
        OnlineServer server = RequireServer();
        if (!ShouldProcess(Credential!.UserName, $"Connect this machine to the online account at {server.Address}"))
            return;
        WarnIfOpen(server.Address);
        WriteVerbose($"Connecting to {server.Address} as {Credential.UserName}. The Packing Key stays on this machine.");
        using var credentials = new OnlineCredentials(Credential, PackingKey, SecondFactor);
        Emit(await Connecting.ConnectAsync(credentials.At(server), options, cancellationToken));
    }

    private async Task ConnectByFileAsync(string file, ConnectOptions options, CancellationToken cancellationToken)
    {
        if (!ShouldProcess(file, "Connect this machine to the online account of this key file, and sync"))
            return;
        LocalVault vault = await ShowingAsync("Synchronizing",
            progress => KeyFiles.ConnectAsync(DataFolder.Current, file, options, progress, cancellationToken));
        LocalAccountInfo account = vault.Describe();
        if (account.Server is not null)
            WarnIfOpen(account.Server);
        if (account.WayOut is { } wayOut)
            WriteWarning(wayOut);
        Emit(vault);
    }
}
