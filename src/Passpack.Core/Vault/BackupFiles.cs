using System.Globalization;
using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>The backups of this machine, as they show themselves without their keys.</summary>
public static class BackupFiles
{
    internal const string Extension = ".pkps";

    /// <summary>The backups of an account, the newest first: rolling copies, what a reset saved, and vaults that were set aside.</summary>
    /// <param name="folder">The account.</param>
    /// <param name="unreadable">Told of folders that this user may not read: what is in them is not listed.</param>
    public static IReadOnlyList<BackupInfo> Of(AccountFolder folder, Action<PasspackException>? unreadable = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (unreadable is not null)
        {
            foreach (PasspackException error in VaultFiles.Unreadable(folder))
                unreadable(error);
        }
        return [.. VaultFiles.Copies(folder).Concat(VaultFiles.SavedFiles(folder)).Concat(VaultFiles.Quarantined(folder)).Select(Describe)
            .OrderByDescending(backup => backup.Created)];
    }

    /// <summary>One backup; what cannot be read says why.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public static BackupInfo Describe(string path)
    {
        path = Path.GetFullPath(path);
        // What it is say the names that it has, not how they were typed.
        string truePath = TruePath.Of(path), folder = Path.GetDirectoryName(truePath)!;
        bool isCopy = Path.GetFileName(folder) == AccountFolder.BackupFolderName && truePath.EndsWith(".db", StringComparison.Ordinal);
        bool isQuarantined = Path.GetFileName(truePath) == VaultFiles.FileName && Path.GetFileName(Path.GetDirectoryName(folder)) == AccountFolder.QuarantineFolderName;
        var info = new BackupInfo
        {
            Kind = isCopy ? BackupKind.Copy : isQuarantined ? BackupKind.Quarantined : BackupKind.File,
            Path = path,
            Created = Time(isQuarantined ? Path.GetFileName(folder) : Path.GetFileName(truePath)),
            Reason = isCopy ? Reason(truePath) : null,
        };
        try
        {
            BackupSource.DemandFile(path);
            info = info with { Size = new FileInfo(path).Length };
            return BackupSource.IsBackupFile(path) ? DescribeFile(info) : DescribeVault(info);
        }
        catch (PasspackException e)
        {
            return info with { Problem = e.ErrorId == ErrorCodes.VaultDamaged ? BackupErrors.Damaged(path, "it is no vault that can be read", e) : e };
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

    /// <summary>When a file was made, by its name; null: it does not say.</summary>
    internal static DateTimeOffset? Time(string name) =>
        name.Length >= VaultFiles.StampFormat.Length - 4 && DateTimeOffset.TryParseExact(name.AsSpan(0, 16), VaultFiles.StampFormat, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    private static string? Reason(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        if (name.Length <= 17)
            return null;
        // A second copy of the same second has a number behind it.
        string reason = name[17..];
        int number = reason.LastIndexOf('-');
        return number > 0 && reason.AsSpan(number + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? reason[..number] : reason;
    }

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
            PackVersion = Packing.KeyEnvelope.PackVersion,
            Key = header.Key,
        };
    }

    private static BackupInfo DescribeVault(BackupInfo info)
    {
        using VaultConnection connection = VaultConnection.OpenToRead(info.Path);
        VaultSchema.Check(connection);
        (long entries, long trashed, long versions) = VaultContents.Count(connection);
        (string userId, int packVersion, string? server) = connection.First("SELECT user_id, pack_version, server FROM account",
            row => (row.GetString(0), row.GetInt32(1), row.IsDBNull(2) ? null : row.GetString(2)));
        return userId is null ? throw VaultErrors.Damaged(info.Path, "its account is missing") : info with
        {
            UserId = userId,
            Server = Uri.TryCreate(server, UriKind.Absolute, out Uri? address) ? address : null,
            Entries = entries,
            Trashed = trashed,
            Versions = versions,
            PackVersion = packVersion,
        };
    }
}
