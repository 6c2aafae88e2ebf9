using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.PowerShell.Commands;

/// <summary>Makes an offline account.</summary>
[Cmdlet(VerbsCommon.New, "PasspackLocalAccount", SupportsShouldProcess = true)]
[OutputType(typeof(LocalAccount))]
public sealed class NewPasspackLocalAccountCommand : AccountMakingCmdlet
{
    /// <summary>The User ID of the account, also for going online later.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string UserId { get; set; } = "";

    /// <summary>The Packing Key. If it is missing, the user is asked twice.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? PackingKey { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        VaultFile.RequireNone(DataFolder.Current.Account(UserId));
        SecureString packingKey = PackingKey ?? AskForNewPackingKey(nameof(PackingKey));
        using SecretBytes key = packingKey.Read(SecretBytes.FromChars);
        PackingKeys.Check(key);
        if (ShouldProcess(UserId, $"Make an offline account in {DataFolder.Current.Path}"))
        {
            WarnIfWeak(packingKey);
            Emit(LocalVault.Create(DataFolder.Current, UserId, key));
        }
        return Task.CompletedTask;
    }
}
