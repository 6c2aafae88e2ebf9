using System.Management.Automation;
using System.Security;
using Passpack.PowerShell.Completion;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that sets this machine up with an account, and leaves it unlocked.</summary>
public abstract class AccountMakingCmdlet : PasspackCmdlet
{
    /// <summary>The Packing Key.</summary>
    [Parameter(Mandatory = true)]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>Warns of a Packing Key that is allowed, but not advised.</summary>
    protected void WarnIfWeak()
    {
        int rating = PackingKey.Read(Packing.KeyQuality.Rate);
        if (rating < Packing.KeyQuality.AdvisedForPackingKey)
        {
            WriteWarning($"The Packing Key has a rating of {rating} bits; {Packing.KeyQuality.AdvisedForPackingKey} or more are advised, which a sentence of " +
                "several words has. Whoever gets hold of the vault can try keys for as long as they like.");
        }
    }

    /// <summary>Takes the account in among the unlocked ones, and shows it.</summary>
    private protected void Emit(LocalVault vault)
    {
        UnlockedAccounts.Shared.Add(vault);
        WriteVerbose($"The account {vault.UserId} is on this machine now, and unlocked: {vault.Path}.");
        WriteObject(new LocalAccount(vault.Folder));
    }
}
