using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>What SQLite and the file system say, in the words of this product: with the path, and what to do.</summary>
internal static class VaultErrors
{
    private const int Busy = 5, Locked = 6, ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    public static PasspackException? Translate(Exception exception, string path) => exception switch
    {
        SqliteException e => e.SqliteErrorCode switch
        {
            Busy or Locked => InUse(path, e),
            ReadOnly => Refused(path, e),
            Full => DiskFull(path, e),
            Corrupt or NotADatabase => Damaged(path, "SQLite cannot read it", e),
            CannotOpen when !File.Exists(path) => Missing(path, e),
            CannotOpen => Refused(path, e),
            IoError => Damaged(path, "reading or writing it failed; the disk may be failing or gone", e),
            _ => null,
        },
        UnauthorizedAccessException e => Refused(path, e),
        FileNotFoundException or DirectoryNotFoundException => Missing(path, exception),
        IOException e when IsDiskFull(e) => DiskFull(path, e),
        _ => null,
    };

    public static PasspackException Damaged(string path, string how, Exception? inner = null) =>
        new(ErrorCodes.VaultDamaged,
            $"The vault {path} is damaged: {how}. Nothing was changed. Restore a backup of it, or set it aside with " +
            "'Reset-PasspackLocalAccount -Emergency' and start again from the online account.", inner)
        { Target = path };

    public static PasspackException InUse(string path, Exception? inner = null) =>
        new(ErrorCodes.VaultInUse,
            $"The vault {path} is in use by another process or command. Let it finish, or lock the account there, and try again.", inner)
        { Target = path };

    public static PasspackException Missing(string path, Exception? inner = null) =>
        new(ErrorCodes.AccountNotFound,
            $"There is no vault at {path}. Connect-PasspackAccount sets this machine up from the online account; New-PasspackLocalAccount makes an offline one.", inner)
        { Target = path };

    public static PasspackException DiskFull(string path, Exception? inner = null) =>
        new(ErrorCodes.DiskFull, $"The disk that holds {path} is full. What was saved before is intact. Free some space and try again.", inner) { Target = path };

    private static PasspackException Refused(string path, Exception inner) =>
        new(ErrorCodes.ReadOnly, $"{path} cannot be written: it, its folder or its disk is read-only to you. Check owner and permissions.", inner) { Target = path };

    // ENOSPC and EDQUOT on Linux (28, 122), ENOSPC on macOS (28), ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL on Windows.
    internal static bool IsDiskFull(IOException e) => (e.HResult & 0xFFFF) is 28 or 122 or 0x70 or 0x27;
}
