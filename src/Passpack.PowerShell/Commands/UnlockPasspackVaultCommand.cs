using System.Management.Automation;
using System.Security;
using Passpack.Packing;
using Passpack.PowerShell.Completion;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Unlocks an account for this process.</summary>
[Cmdlet(VerbsCommon.Unlock, "PasspackVault")]
[OutputType(typeof(LocalAccount))]
public sealed class UnlockPasspackVaultCommand : EachAccountCmdlet
{
    /// <summary>The Packing Key.</summary>
    [Parameter(Mandatory = true)]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>Emit the account.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken stopping)
    {
        AccountFolder folder = LocalAccounts.Choose(Account);
        WriteVerbose($"Deriving the key of {folder.UserId}; that takes about a second, on purpose.");
        using SecretBytes key = PackingKey.Read(SecretBytes.FromChars);
        UnlockedAccounts.Shared.Unlock(DataFolder.Current, folder.UserId, key);
        WriteVerbose($"The account {folder.UserId} is unlocked for this process.");
        CopyDaily(folder);
        if (PassThru)
            WriteObject(new LocalAccount(folder));
        return Task.CompletedTask;
    }
}
