using System.Management.Automation;
using Passpack.Packing;
using Passpack.Sync;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Registers an online account, with the keys of the offline local one if there is one, and sets this machine up.</summary>
[Cmdlet(VerbsCommon.New, "PasspackAccount", SupportsShouldProcess = true)]
[OutputType(typeof(LocalAccount))]
public sealed class NewPasspackAccountCommand : OnlineAccountCmdlet
{
    /// <summary>Take a Packing Key with a rating below 50.</summary>
    [Parameter]
    public SwitchParameter AllowWeakKey { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken stopping)
    {
        Uri server = DemandServer();
        AccountFolder folder = DataFolder.Current.Account(Credential!.UserName);
        if (folder.Exists && VaultFiles.Describe(folder).Server is not null)
            VaultFiles.DemandNone(folder); // An offline account is taken online; one that is online already is in the way.
        using (SecretBytes password = Credential.Password.Read(SecretBytes.FromChars), key = PackingKey.Read(SecretBytes.FromChars))
        {
            LoginPassword.Require(password, key);
            PackingKeys.CheckForOnline(key, password, AllowWeakKey);
        }
        if (!ShouldProcess(Credential.UserName, $"Register an online account at {server}"))
            return;
        WarnIfWeak(PackingKey);
        WarnIfWeakPassword(Credential.Password);
        WriteVerbose($"Registering {Credential.UserName} at {server}. The Packing Key stays on this machine.");
        Emit(await Online.RegisterAsync(server, Credential, PackingKey, AllowWeakKey, stopping));
    }
}
