using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Transfer.Importing;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// Restores entries from a backup: a file, a copy of a vault, a vault that was set aside, or a text of an old format. If the live vault is damaged or
/// missing, a copy replaces it.
/// </summary>
[Cmdlet(VerbsData.Restore, "PasspackVault", SupportsShouldProcess = true)]
[OutputType(typeof(ImportResult))]
public sealed class RestorePasspackVaultCommand : VaultCmdlet
{
    /// <summary>The backup.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [TextTransformation(Needed = true)]
    public string Path { get; set; } = "";

    /// <summary>The account's User ID; by default the only local account, else the only unlocked one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PlaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Account { get; set; }

    /// <summary>The Packing Key of the backup, if it is not the one that unlocked the account.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? PackingKey { get; set; }

    /// <summary>The Backup Key of the backup.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? BackupKey { get; set; }

    /// <summary>Integrate adds and updates entries; Replace makes the vault equal to the backup.</summary>
    [Parameter]
    public RestoreMode Mode { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (Path.Length == 0)
        {
            WriteError(ErrorRecords.Invalid("-Path is missing: the backup to restore from.", null));
            return Task.CompletedTask;
        }
        if (PackingKey is not null && BackupKey is not null)
            throw ErrorRecords.Invalid("A backup has one key: give -PackingKey or -BackupKey, not both.", Path);
        string path = ResolveFile(Path);
        using SecretBytes? key = (PackingKey ?? BackupKey)?.Read(SecretBytes.FromChars);
        AccountFolder folder = Choose(path);
        if (!LocalAccounts.IsUnlocked(folder) && AccountInspector.ProblemOf(folder) is { } problem)
        {
            WriteVerbose($"The live vault cannot be used: {problem.Message}");
            PutInPlace(folder, path, key, cancellationToken);
            return Task.CompletedTask;
        }
        LocalVault vault = Require(folder);
        if (!BackupSource.Recognizes(path))
            Import(vault, path, key, cancellationToken);
        else
            Restore(vault, path, key, cancellationToken);
        return Task.CompletedTask;
    }

    private void Restore(LocalVault vault, string path, SecretBytes? key, CancellationToken cancellationToken)
    {
        string action = Mode == RestoreMode.Replace ? $"Replace the account {vault.UserId} by" : $"Restore into the account {vault.UserId} from";
        if (!ShouldGo(path, action, out bool isWhatIf) && !isWhatIf)
            return;
        using BackupSource source = BackupSource.Open(path, vault, key, vault.Folder);
        var options = new RestoreOptions
        {
            Mode = EnumMap.To<RestoreMode, Vault.Backups.RestoreMode>(Mode),
            Preview = isWhatIf,
            Damaged = damaged => WriteError(damaged, path),
        };
        Emit(VaultRestore.Run(vault, source, options, cancellationToken), vault.UserId, path, isWhatIf);
    }

    private void PutInPlace(AccountFolder folder, string path, SecretBytes? key, CancellationToken cancellationToken)
    {
        if (!ShouldProcess(path, $"Put this copy in the place of the vault of {folder.UserId}, and set that aside", out bool isWhatIf) && !isWhatIf)
            return;
        UnlockedAccounts.Shared.Lock(folder);
        var options = new RestoreOptions { Preview = isWhatIf, Damaged = damaged => WriteError(damaged, path) };
        Emit(VaultRestore.PutInPlace(folder, path, key, options, cancellationToken), folder.UserId, path, isWhatIf);
        if (!isWhatIf)
            UnlockedAccounts.Shared.Unlock(DataFolder.Current, folder.UserId, key!);
    }

    /// <summary>Restores a text of an old format: an export sealed in an envelope.</summary>
    private void Import(LocalVault vault, string path, SecretBytes? key, CancellationToken cancellationToken)
    {
        if (Mode == RestoreMode.Replace)
            throw ErrorRecords.Invalid("A text of an old format holds no more than an export, so it can only be integrated: leave -Mode Replace out.", path);
        if (key is null)
        {
            throw ErrorRecords.Invalid($"{path} is not a backup of this module's. If it is a packed text of an old format, " +
                "give its key with -PackingKey or -BackupKey.", path);
        }
        if (!ShouldProcess(path, $"Restore into the account {vault.UserId} from", out bool isWhatIf) && !isWhatIf)
            return;
        var options = new ImportOptions { Preview = isWhatIf, Warn = WriteWarning };
        foreach (Transfer.Importing.ImportResult row in Counted(new EntryImporter(vault).ImportPacked(path, key, options, cancellationToken),
            $"Restoring {path}"))
            Emit(new ImportResult(row, vault.UserId, isWhatIf), row.ErrorId);
    }

    private void Emit(IEnumerable<RestoreResult> results, string account, string path, bool isWhatIf)
    {
        foreach (RestoreResult row in Counted(results, $"Restoring {path}"))
            Emit(new ImportResult(row, account, isWhatIf), row.ErrorId);
    }

    private void Emit(ImportResult result, string? errorId)
    {
        WriteObject(result);
        if (errorId is not null)
            WriteError(new PasspackException(errorId, result.Reason!), result);
    }

    private bool ShouldGo(string path, string action, out bool isWhatIf)
    {
        if (Mode != RestoreMode.Replace)
            return ShouldProcess(path, action, out isWhatIf);
        return ShouldProcessHighImpact(path, action, out isWhatIf);
    }

    /// <summary>The named account, otherwise the default one; if no account has a vault, the backup's own.</summary>
    private AccountFolder Choose(string path)
    {
        if (Account is not null)
            return LocalAccounts.FindPlace(Account);
        try
        {
            return LocalAccounts.Choose(null);
        }
        catch (PasspackException e) when (e.ErrorId == Protocol.ErrorCodes.AccountNotFound && BackupFiles.Describe(path).UserId is { Length: > 0 } userId)
        {
            return LocalAccounts.FindPlace(userId);
        }
    }
}
