using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Attachments;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;

namespace Passpack.PowerShell.Commands;

/// <summary>Writes a whole vault into one encrypted file, and verifies it.</summary>
[Cmdlet(VerbsData.Backup, "PasspackVault", SupportsShouldProcess = true)]
[OutputType(typeof(BackupInfo))]
public sealed class BackupPasspackVaultCommand : AccountCmdlet
{
    private string? _backedUp;

    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>A separate Backup Key, rated 64 or better; by default the account's Packing Key opens the backup.</summary>
    [Parameter]
    [SecretTransformation]
    public SecureString? BackupKey { get; set; }

    /// <summary>Leave the contents of attachments out.</summary>
    [Parameter]
    public SwitchParameter ExcludeAttachments { get; set; }

    /// <summary>Overwrite the file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        string path = ResolveFile(Path);
        // -Force may overwrite earlier files, but not the backup of an account piped in before.
        if (_backedUp is not null)
        {
            throw ErrorRecords.Invalid($"{path} is of {_backedUp} already, and a backup is of one account. " +
                $"Give {vault.UserId} a path of its own, in a ForEach-Object.", path);
        }
        _backedUp = vault.UserId;
        if (!ShouldProcess(path, $"Write an encrypted backup of the account {vault.UserId}"))
            return;
        if (!ExcludeAttachments)
        {
            await ShowingAsync("Fetching attachments", async progress =>
            {
                await AttachmentDownload.FetchNamedAsync(vault, progress, cancellationToken);
                return true;
            });
        }
        using SecretBytes? key = BackupKey?.Read(SecretBytes.FromChars);
        var options = new BackupOptions
        {
            BackupKey = key,
            Overwrite = Force,
            Attachments = ExcludeAttachments ? BackupAttachments.None : BackupAttachments.All,
            Damaged = damaged => WriteError(damaged),
            Progress = count => ShowProgress($"Writing {path}", count, null),
        };
        try
        {
            WriteObject(new BackupInfo(VaultBackup.Create(vault, path, options, cancellationToken)));
        }
        finally
        {
            EndProgress();
        }
    }
}
