using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>
/// Linux and macOS: only owner and mode protect the key file. So every folder from the data folder down is checked each time, from the top: once a
/// folder is known to be private, no other user can exchange anything below it.
/// </summary>
internal sealed class PosixKeyProtection : IKeyProtection
{
    public byte Kind => 1;

    public void Check(AccountFolder folder, bool withFile)
    {
        string accounts = Path.GetDirectoryName(folder.Path)!, data = Path.GetDirectoryName(accounts)!;
        try
        {
            // The user chooses the place of the data folder, so links on the way to it are followed.
            CheckFolder(folder, new DirectoryInfo(data).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? data, mayBeRoots: true);
            CheckFolder(folder, accounts);
            CheckFolder(folder, folder.Path);
            CheckFolder(folder, folder.UnattendedFolder, alone: true);
            if (withFile)
                CheckFile(folder);
        }
        catch (IOException e)
        {
            throw Refused(folder, $"{e.Message} {Enable(folder)}", e);
        }
        catch (PlatformNotSupportedException e)
        {
            throw Refused(folder, "on this platform the owner of a file cannot be told.", e);
        }
    }

    public byte[] Protect(SecretBytes key, Guid vaultId) => key.Span.ToArray();

    public SecretBytes? Unprotect(ReadOnlySpan<byte> sealedKey, Guid vaultId) => SecretBytes.CopyOf(sealedKey);

    private static void CheckFolder(AccountFolder account, string path, bool alone = false, bool mayBeRoots = false)
    {
        PosixFile folder = PosixFile.Of(path);
        if (!folder.IsFolder)
            throw Refused(account, $"{path} is {(folder.IsLink ? "a link" : "no folder")}. Remove it (rm {Posix.Quoted(path)}) and {Enable(account, "e")}");
        if (!(mayBeRoots && folder.Owner == 0))
            CheckOwner(account, path, folder);
        if (alone ? folder.OthersAnything : folder.OthersWrite)
        {
            throw Refused(account, alone
                ? $"others may look into the folder {path} (its mode is {Octal(folder)}). Run: chmod 700 {Posix.Quoted(path)}"
                : $"others may write to the folder {path} (its mode is {Octal(folder)}). Run: chmod go-w {Posix.Quoted(path)}");
        }
    }

    private static void CheckFile(AccountFolder account)
    {
        string path = account.UnattendedFile;
        PosixFile file = PosixFile.Of(path);
        if (!file.IsFile)
            throw Refused(account, $"{path} is {(file.IsLink ? "a link" : "no file")}. Remove it (rm -r {Posix.Quoted(path)}) and {Enable(account, "e")}");
        CheckOwner(account, path, file);
        if (file.OthersAnything)
        {
            throw Refused(account, $"others may read or write {path} (its mode is {Octal(file)}). If nobody did, run: chmod 600 {Posix.Quoted(path)} - "
                + $"if somebody may have read it, the account needs new keys: about_Passpack_Security says how");
        }
    }

    private static void CheckOwner(AccountFolder account, string path, PosixFile item)
    {
        if (item.Owner != PosixFile.Me)
        {
            throw Refused(account, $"{path} belongs to user {item.Owner}, and this process runs as user {PosixFile.Me}. " +
                $"Run it as the owner, or: chown {PosixFile.Me} {Posix.Quoted(path)}");
        }
    }

    private static PasspackException Refused(AccountFolder account, string why, Exception? inner = null) =>
        new(ErrorCodes.UnattendedRefused, $"{account.UserId} cannot be unlocked unattended: {why}", inner) { Target = account.UserId };

    private static string Enable(AccountFolder account, string e = "E") => UnattendedUnlock.HowToEnable(account.UserId, e);

    private static string Octal(PosixFile item) => Convert.ToString(item.Mode & 0xFFF, 8);
}
