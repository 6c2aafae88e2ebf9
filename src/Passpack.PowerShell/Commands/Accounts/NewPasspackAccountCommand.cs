using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.PowerShell.Commands;

/// <summary>Registers an online account, with the keys of the offline local one if there is one, and sets this machine up.</summary>
[Cmdlet(VerbsCommon.New, "PasspackAccount", SupportsShouldProcess = true)]
[OutputType(typeof(LocalAccount))]
public sealed class NewPasspackAccountCommand : OnlineAccountCmdlet
{
    /// <summary>The Packing Key. If it is missing, the user is asked twice.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? PackingKey { get; set; }

    /// <summary>An invitation, where the server takes only who is invited.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? Invitation { get; set; }

    /// <summary>Take a Packing Key with a rating below 50.</summary>
    [Parameter]
    public SwitchParameter AllowWeakKey { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        OnlineServer server = RequireServer();
        AccountFolder folder = DataFolder.Current.Account(Credential!.UserName);
        if (folder.Exists && AccountInspector.Describe(folder).Server is not null)
            VaultFile.RequireNone(folder); // An existing offline account goes online; a connected one is refused.
        // An offline account keeps its Packing Key, so the user is asked only once.
        SecureString packingKey = PackingKey ?? (folder.Exists ? AskForSecret(nameof(PackingKey), $"Packing Key of {folder.UserId}")
            : AskForNewPackingKey(nameof(PackingKey)));
        using var credentials = new OnlineCredentials(Credential, packingKey);
        AccountLogin login = credentials.At(server);
        PackingKeys.CheckForOnline(credentials.PackingKey, credentials.Password, AllowWeakKey);
        if (!ShouldProcess(Credential.UserName, $"Register an online account at {server.Address}"))
            return;
        WarnIfOpen(server.Address);
        WarnIfWeak(packingKey);
        WarnIfWeakPassword(Credential.Password);
        WriteVerbose($"Registering {Credential.UserName} at {server.Address}. The Packing Key stays on this machine.");
        string? invitation = Invitation?.Read(characters => characters.Trim().ToString());
        Emit(await Registration.RegisterAsync(login, AllowWeakKey, DeviceName, invitation, cancellationToken));
    }
}
