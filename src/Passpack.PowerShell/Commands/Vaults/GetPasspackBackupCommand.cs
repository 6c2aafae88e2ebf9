using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Backups;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Lists backups: the copies that accounts keep by themselves, vaults that were set aside, or a file; works locked.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackBackup", DefaultParameterSetName = "Account")]
[OutputType(typeof(BackupInfo))]
public sealed class GetPasspackBackupCommand : PasspackCmdlet
{
    /// <summary>User IDs, with wildcards; by default all accounts with a vault or backups.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Account")]
    [ArgumentCompleter(typeof(PlaceCompleter))]
    [TextTransformation(Needed = true, Several = true)]
    public string[] Account { get; set; } = ["*"];

    /// <summary>Files.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Path")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (ParameterSetName == "Path")
        {
            foreach (string path in Path)
                Emit(path);
            return Task.CompletedTask;
        }
        foreach (AccountFolder folder in Account.SelectMany(Find))
        {
            foreach (Vault.Backups.BackupInfo backup in BackupFiles.Of(folder, unreadable => WriteError(unreadable)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                WriteObject(new BackupInfo(backup));
            }
        }
        return Task.CompletedTask;
    }

    private void Emit(string path)
    {
        try
        {
            var backup = new BackupInfo(BackupFiles.Describe(ResolveFile(path)));
            if (backup.Error is not null)
                WriteError(backup.Error, path);
            else
                WriteObject(backup);
        }
        catch (Exception e) when (ErrorRecords.Translate(e) is { } error)
        {
            WriteError(error, path);
        }
    }

    private IEnumerable<AccountFolder> Find(string account)
    {
        if (WildcardPattern.ContainsWildcardCharacters(account))
        {
            WildcardPattern pattern = EntryFilter.Pattern(account);
            return DataFolder.Current.Places().Where(folder => EntryFilter.Fits(pattern, folder.UserId));
        }
        try
        {
            return [LocalAccounts.FindPlace(account)];
        }
        catch (PasspackException e)
        {
            WriteError(e);
            return [];
        }
    }
}
