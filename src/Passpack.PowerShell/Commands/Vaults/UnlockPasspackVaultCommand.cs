using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Unlocks an account for this process.</summary>
[Cmdlet(VerbsCommon.Unlock, "PasspackVault", DefaultParameterSetName = "PackingKey")]
[OutputType(typeof(LocalAccount))]
public sealed class UnlockPasspackVaultCommand : EachAccountCmdlet
{
    private const string FileVariable = "PASSPACK_UNLOCK_FILE";

    /// <summary>The Packing Key.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "PackingKey")]
    [SecretTransformation]
    public SecureString PackingKey { get; set; } = new();

    /// <summary>Unlocks without the Packing Key, by the key that Enable-PasspackUnattendedUnlock stored for this user on this machine.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Unattended")]
    public SwitchParameter Unattended { get; set; }

    /// <summary>A key file that Enable-PasspackUnattendedUnlock -KeyFile made; by default the one that PASSPACK_UNLOCK_FILE names, if it names one.</summary>
    [Parameter(ParameterSetName = "Unattended")]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    /// <summary>Emit the account.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Choose(Account);
        if (ParameterSetName == nameof(Unattended))
            UnlockUnattended(folder);
        else
            UnlockWithKey(folder);
        WriteVerbose($"The account {folder.UserId} is unlocked for this process.");
        if (AccountInspector.Describe(folder).WayOut is { } wayOut)
            WriteWarning(wayOut);
        CopyDaily(folder);
        if (PassThru)
            WriteObject(new LocalAccount(folder));
        return Task.CompletedTask;
    }

    private void UnlockUnattended(AccountFolder folder)
    {
        if (!Unattended)
            throw ErrorRecords.Invalid("Without -Unattended the vault is unlocked with its Packing Key: give -PackingKey.", folder.UserId);
        UnlockedAccounts.Shared.UnlockUnattended(DataFolder.Current, folder.UserId, KeyFile is null ? FileOfEnvironment() : ResolveFile(KeyFile));
    }

    private static string? FileOfEnvironment() => Environment.GetEnvironmentVariable(FileVariable) switch
    {
        null or "" => null,
        string path when Path.IsPathFullyQualified(path) => path,
        string path => throw ErrorRecords.Invalid($"The environment variable {FileVariable}, '{path}', is no full path of a key file.", path),
    };

    private void UnlockWithKey(AccountFolder folder)
    {
        WriteVerbose($"Deriving the key of {folder.UserId}; that takes about a second, on purpose.");
        using SecretBytes key = PackingKey.Read(SecretBytes.FromChars);
        UnlockedAccounts.Shared.Unlock(DataFolder.Current, folder.UserId, key);
    }
}
