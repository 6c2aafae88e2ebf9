using System.Management.Automation;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Sets a local account aside that cannot be unlocked, or is damaged, to start again from the online account.</summary>
[Cmdlet(VerbsCommon.Reset, "PasspackLocalAccount", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ResetStep))]
public sealed class ResetPasspackLocalAccountCommand : EachAccountCmdlet
{
    /// <summary>Without any key: what has not been synced stays in the encrypted vault that is set aside.</summary>
    [Parameter]
    public SwitchParameter Emergency { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken stopping)
    {
        if (!Emergency)
        {
            throw ErrorRecords.Invalid("Only the emergency way is there yet: 'Reset-PasspackLocalAccount -Emergency' sets the local account aside, "
                + "still encrypted. While it can still be unlocked, save what has not been synced with Export-PasspackEntry before.", Account);
        }
        AccountFolder folder = LocalAccounts.ChooseStrictly(Account);
        if (!ShouldProcess(folder.UserId, "Set the local account aside, still encrypted, without its key"))
            return Task.CompletedTask;
        if (LocalAccounts.IsUnlocked(folder))
        {
            UnlockedAccounts.Shared.Lock(folder);
            WriteObject(new ResetStep(folder.UserId, "Locked", folder.VaultFile, "The account was unlocked in this process, and was locked."));
        }
        string quarantined = VaultFiles.Quarantine(folder);
        WriteObject(new ResetStep(folder.UserId, "Quarantined", quarantined,
            $"The vault, still encrypted, is now at {quarantined}. Connect-PasspackAccount starts again from the online account."));
        return Task.CompletedTask;
    }
}
