using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.PowerShell.Commands;

/// <summary>Lets this user unlock an account on this machine without its Packing Key: for scheduled tasks.</summary>
[Cmdlet(VerbsLifecycle.Enable, "PasspackUnattendedUnlock", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class EnablePasspackUnattendedUnlockCommand : EachAccountCmdlet
{
    /// <summary>The Packing Key. It is not kept; a key derived from it is.</summary>
    [Parameter(Mandatory = true)]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Choose(Account);
        if (!ShouldProcess(folder.UserId, "Let this user unlock the account on this machine without its Packing Key"))
            return Task.CompletedTask;
        using SecretBytes key = PackingKey.Read(SecretBytes.FromChars);
        UnattendedUnlock.Enable(folder, key);
        WriteVerbose($"'Unlock-PasspackVault -Unattended' unlocks {folder.UserId} from now on. Keep its data folder out of backups that others can read.");
        return Task.CompletedTask;
    }
}
