using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Backups;

/// <summary>Lists and describes this machine's backups without their keys.</summary>
public static class BackupFiles
{
    /// <summary>The backups of an account, the newest first: rolling copies, backups saved by resets, and vaults that were set aside.</summary>
    /// <param name="folder">The account.</param>
    /// <param name="unreadable">Called for folders that this user may not read; their backups are not listed.</param>
    public static IReadOnlyList<BackupInfo> Of(AccountFolder folder, Action<PasspackException>? unreadable = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (unreadable is not null)
        {
            foreach (PasspackException error in AccountInspector.Unreadable(folder))
                unreadable(error);
        }
        return [.. VaultCopies.Of(folder).Concat(VaultCopies.SavedFiles(folder)).Concat(QuarantinedVaults.Of(folder)).Select(Describe)
            .OrderByDescending(backup => backup.Created)];
    }

    /// <summary>Describes one backup. If it cannot be read, the result says why.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public static BackupInfo Describe(string path)
    {
        path = Path.GetFullPath(path);
        // The kind follows from the true path, not from the path as typed.
        string truePath = TruePath.Of(path), folder = Path.GetDirectoryName(truePath)!;
        bool isCopy = Path.GetFileName(folder) == AccountFolder.BackupFolderName && truePath.EndsWith(".db", StringComparison.Ordinal);
        bool isQuarantined = Path.GetFileName(truePath) == VaultFile.FileName
            && Path.GetFileName(Path.GetDirectoryName(folder)) == AccountFolder.QuarantineFolderName;
        var info = new BackupInfo
        {
            Kind = isCopy ? BackupKind.Copy : isQuarantined ? BackupKind.Quarantined : BackupKind.File,
            Path = path,
            Created = CopyName.Time(isQuarantined ? Path.GetFileName(folder) : Path.GetFileName(truePath)),
            Reason = isCopy ? CopyName.Reason(truePath) : null,
        };
        try
        {
            BackupSource.RequireFile(path);
            info = info with { Size = new FileInfo(path).Length };
            return BackupSource.IsBackupFile(path) ? DescribeFile(info) : DescribeVault(info);
        }
        catch (PasspackException e)
        {
            return info with { Problem = e.ErrorId == ErrorCodes.VaultDamaged ? BackupErrors.NoVault(path, e) : e };
        }
        catch (UnauthorizedAccessException e)
        {
            return info with { Problem = VaultErrors.Unreadable(path, e) };
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            return info with { Problem = VaultErrors.Failed(path, e) };
        }
    }

    /// <summary>
    /// Deletes backups saved by resets beyond the number and age of copies; the newest sound one always stays. The vault that a reset set aside
    /// stays, even if its backup is deleted.
    /// </summary>
    internal static void PruneSaved(AccountFolder folder, TimeProvider? clock) =>
        VaultCopies.Prune(VaultCopies.SavedFiles(folder), path => Describe(path).Problem is null, clock);

    private static BackupInfo DescribeFile(BackupInfo info)
    {
        using FileStream file = SharedRead.Open(info.Path);
        BackupHeader header = BackupHeader.Read(file, info.Path);
        return info with
        {
            UserId = header.UserId,
            Created = header.Created.ToTime(),
            Entries = header.Entries,
            Trashed = header.Trashed,
            Versions = header.Versions,
            ExcludesAttachments = header.ExcludesAttachments,
            PackVersion = Packing.Keys.KeyEnvelope.PackVersion,
            Key = header.Key,
        };
    }

    private static BackupInfo DescribeVault(BackupInfo info)
    {
        VaultSummary found = AccountInspector.Look(info.Path);
        return info with
        {
            UserId = found.UserId,
            Server = found.Server,
            Entries = found.Entries,
            Trashed = found.Trashed,
            Versions = found.Versions,
            PackVersion = found.PackVersion,
        };
    }
}
