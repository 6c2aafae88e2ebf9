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

    /// <summary>A file for the key, in place of the data folder: for a mount of secrets, or a service's credentials.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    /// <summary>Overwrite the file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Choose(Account);
        string? file = KeyFile is null ? null : ResolveFile(KeyFile);
        if (!ShouldProcess(folder.UserId, file is null ? "Let this user unlock the account on this machine without its Packing Key"
            : $"Write a key file that unlocks the account on this machine, {file}"))
        {
            return Task.CompletedTask;
        }
        using SecretBytes key = PackingKey.Read(SecretBytes.FromChars);
        if (file is not null)
        {
            UnattendedUnlock.Enable(folder, key, file, Force);
            WriteVerbose($"'Unlock-PasspackVault -Unattended -KeyFile {file}' unlocks {folder.UserId} from now on, " +
                "for whoever can read that file and the vault.");
            return Task.CompletedTask;
        }
        UnattendedUnlock.Enable(folder, key);
        WriteVerbose($"'Unlock-PasspackVault -Unattended' unlocks {folder.UserId} from now on. Keep its data folder out of backups that others can read.");
        return Task.CompletedTask;
    }
}
