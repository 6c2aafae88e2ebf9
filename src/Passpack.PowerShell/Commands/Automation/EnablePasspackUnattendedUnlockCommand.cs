using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
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

    /// <summary>Make the file one that also sets up an empty machine, with a device token of its own.</summary>
    [Parameter]
    public SwitchParameter Portable { get; set; }

    /// <summary>The name of a portable key file in the online account's list of devices; by default made of the file's name and the machine's.</summary>
    [Parameter]
    [ValidateLength(1, Protocol.Limits.DeviceNameLength)]
    public string? DeviceName { get; set; }

    /// <summary>The account of this machine that the key file is for, and that it will belong to: a service's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RunAsUser { get; set; }

    /// <summary>Overwrite the file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Choose(Account);
        string? file = KeyFile is null ? null : ResolveFile(KeyFile);
        if (file is null && (Portable || DeviceName is not null || RunAsUser is not null))
            throw ErrorRecords.Invalid("-Portable, -DeviceName and -RunAsUser are about a key file: name it with -KeyFile.", folder.UserId);
        if (DeviceName is not null && !Portable)
            throw ErrorRecords.Invalid("-DeviceName names a key file that is a device of the online account: give -Portable, too.", folder.UserId);
        if (!ShouldProcess(folder.UserId, Describe(file)))
            return;
        using SecretBytes key = PackingKey.Read(SecretBytes.FromChars);
        if (Portable)
        {
            await KeyFiles.MakeAsync(folder, key, file!, Force, DeviceName, RunAsUser, cancellationToken);
            WriteVerbose($"'Connect-PasspackAccount -KeyFile {file}' sets up a machine with {folder.UserId} from now on, for whoever can read that file. " +
                "Get-PasspackDevice shows it, and Remove-PasspackDevice ends it.");
            return;
        }
        if (file is not null)
        {
            UnattendedUnlock.Enable(folder, key, file, Force, RunAsUser);
            WriteVerbose($"'Unlock-PasspackVault -Unattended -KeyFile {file}' unlocks {folder.UserId} from now on, " +
                "for whoever can read that file and the vault.");
            return;
        }
        UnattendedUnlock.Enable(folder, key);
        WriteVerbose($"'Unlock-PasspackVault -Unattended' unlocks {folder.UserId} from now on. Keep its data folder out of backups that others can read.");
    }

    private string Describe(string? file) => file is null
        ? "Let this user unlock the account on this machine without its Packing Key"
        : $"Write a key file that {(Portable ? "sets up any machine with the online account" : "unlocks the account on this machine")}" +
            $"{(RunAsUser is null ? "" : $", for {RunAsUser}")}, {file}";
}
