using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Vault.Storage;

/// <summary>Translates errors of SQLite and of the file system into this product's errors, with the path and what to do.</summary>
internal static class VaultErrors
{
    // Result codes of SQLite, sqlite.org/rescode.html.
    private const int Error = 1, Permission = 3, Busy = 5, Locked = 6, ReadOnly = 8, IoError = 10, Corrupt = 11, NotFound = 12, Full = 13, CannotOpen = 14,
        Protocol = 15, SchemaChanged = 17, Mismatch = 20, Authorization = 23, Format = 24, NotADatabase = 26;

    private const int MovedAway = ReadOnly | 4 << 8;
    private const int WriteFailed = IoError | 3 << 8, SyncFailed = IoError | 4 << 8, TruncateFailed = IoError | 6 << 8, SharedMemoryFailed = IoError | 19 << 8;

    /// <summary>The command that connects this machine to an online account; it asks for Password and Packing Key.</summary>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="server">The server's address. Null if it is unknown, and the user has to fill it in.</param>
    public static string ConnectCommand(string userId, Uri? server) =>
        $"Connect-PasspackAccount -Server {server?.AbsoluteUri ?? "ADDRESS"} -Credential {userId}";

    /// <summary>The product's error. Null if a user can do nothing about it: then it is a defect.</summary>
    public static PasspackException? Translate(Exception exception, string path) => exception switch
    {
        SqliteException e => e.SqliteErrorCode switch
        {
            Busy or Locked or Protocol => InUse(path, e),
            ReadOnly when e.SqliteExtendedErrorCode == MovedAway => Missing(path, e),
            ReadOnly or Permission or Authorization => Refused(path, e),
            Full => DiskFull(path, e),
            Corrupt or NotADatabase or Format => Damaged(path, "SQLite cannot read it", e),
            Error or NotFound or SchemaChanged or Mismatch => Damaged(path, "its tables are not those of a vault", e),
            CannotOpen when !File.Exists(path) => Missing(path, e),
            CannotOpen => Refused(path, e),
            IoError when e.SqliteExtendedErrorCode is WriteFailed or SyncFailed or TruncateFailed or SharedMemoryFailed => WriteRefused(path, e),
            IoError => Damaged(path, "reading it failed; the disk may be failing or gone", e),
            _ => null,
        },
        UnauthorizedAccessException e => Refused(path, e),
        FileNotFoundException or DirectoryNotFoundException => Missing(path, exception),
        IOException e when IsDiskFull(e) => DiskFull(path, e),
        IOException e when IsReadOnlyDisk(e) => Refused(path, e),
        _ => null,
    };

    public static PasspackException Damaged(string path, string how, Exception? inner = null) =>
        new(ErrorCodes.VaultDamaged,
            $"The vault {path} is damaged: {how}. Nothing was changed. Get-PasspackBackup lists its copies and backups, " +
            "and Restore-PasspackVault puts one in its place. " +
            "If the account is online, too, 'Reset-PasspackLocalAccount -Emergency' sets the vault aside, and " +
            "Connect-PasspackAccount starts again from there.", inner)
        { Target = path };

    public static PasspackException Altered(string path) => Damaged(path, "its account (server, device, keys, position, " +
        "settings) is not as this module wrote it");

    public static PasspackException InUse(string path, Exception? inner = null) =>
        new(ErrorCodes.VaultInUse,
            $"The vault {path} is in use by another process or command. Let it finish, or lock the account there, and try again.", inner)
        { Target = path };

    /// <summary>The error for a missing vault file: there is no such account, or, if the vault's folder exists, the vault is damaged.</summary>
    public static PasspackException Missing(string path, Exception? inner = null) => Hidden(path) ?? (
        Path.GetFileName(path) == VaultFile.FileName && Directory.Exists(Path.GetDirectoryName(path))
            ? Damaged(path, "the file is gone from its folder", inner)
            : new PasspackException(ErrorCodes.AccountNotFound,
                $"There is no vault at {path}. Connect-PasspackAccount sets this machine up from the online account; " +
                "New-PasspackLocalAccount makes an offline one.", inner)
            { Target = path });

    /// <summary>The error if a folder on the way to a path belongs to another user. Null if it can be told whether the path exists.</summary>
    public static PasspackException? Hidden(string path)
    {
        try
        {
            File.GetAttributes(path);
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            return Refused(path, e);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static PasspackException DiskFull(string path, Exception? inner = null) =>
        new(ErrorCodes.DiskFull, $"The disk that holds {path} is full. What was saved before is intact. " +
            "Free some space and try again.", inner) { Target = path };

    /// <summary>The error for any other failure of the file system.</summary>
    public static PasspackException Failed(string path, IOException inner) =>
        new(ErrorCodes.ReadOnly, $"{path} could not be read or written: {inner.Message} Put that right and try again.", inner) { Target = path };

    /// <summary>The error for a folder that cannot be made.</summary>
    public static PasspackException NoPlace(string path, Exception inner) =>
        new(ErrorCodes.ReadOnly, $"The folder {path} cannot be made: there is no such drive or folder to make it in. " +
            "Put that right, or name another place.", inner)
        { Target = path };

    private static PasspackException Refused(string path, Exception inner) =>
        new(ErrorCodes.ReadOnly, $"{path} cannot be opened or written: it, its folder or its disk is read-only to you. Check owner and permissions.", inner)
        { Target = path };

    /// <summary>The error for a backup, or a folder of backups, that this user may not read.</summary>
    public static PasspackException Unreadable(string path, Exception inner) =>
        new(ErrorCodes.ReadOnly, $"{path} cannot be read: it belongs to another user, or its permissions do not let you. " +
            "Make it your own again (chown; takeown on " +
            "Windows).", inner) { Target = path };

    // SQLite recognises only ENOSPC as a full disk; an exceeded quota or file size limit ends here.
    private static PasspackException WriteRefused(string path, Exception inner) =>
        new(ErrorCodes.DiskFull,
            $"The disk that holds {path} takes no more: it is full, your quota on it is used up, or it is failing. What was saved before is intact. " +
            "Free some space and try again.", inner)
        { Target = path };

    // ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL; else the errno: ENOSPC everywhere, EDQUOT on macOS and on Linux.
    internal static bool IsDiskFull(IOException e) =>
        OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 0x70 or 0x27 : e.HResult == 28 || e.HResult == (OperatingSystem.IsMacOS() ? 69 : 122);

    /// <summary>Another program has the file open, and does not share it.</summary>
    // ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION; EWOULDBLOCK of the lock that .NET takes in their place.
    internal static bool IsHeld(IOException e) =>
        OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 0x20 or 0x21 : e.HResult == (OperatingSystem.IsMacOS() ? 35 : 11);

    // ERROR_WRITE_PROTECT; EROFS.
    private static bool IsReadOnlyDisk(IOException e) => OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) == 0x13 : e.HResult == 30;
}
