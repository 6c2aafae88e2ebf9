using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Vault.Unlocking;

/// <summary>
/// Who may get at a key file outside the data folder (POSIX). It and every folder and link on the way to it belong to this user or to root, and nobody
/// else can write them; a sticky folder, as /tmp, takes nothing away from whoever owns a file in it. Others may read it only where a container or a
/// service manager keeps secrets, which mount them so.
/// </summary>
internal static class KeyFileAccess
{
    private const int MostLinks = 40, Sticky = 0x200, OthersRead = 0x24;

    private static readonly string[] s_secretPlaces = ["/run/secrets", "/var/run/secrets"];

    /// <summary>Refuses a file that others could have read or changed.</summary>
    /// <param name="userId">Of the account that it unlocks. Null if only the file knows.</param>
    /// <param name="path">Where it is.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.UnattendedRefused"/>, with the command that mends it.</exception>
    public static void Require(string? userId, string path)
    {
        try
        {
            string found = Follow(userId, path);
            PosixFile file = PosixFile.Of(found);
            if (!file.IsFile)
                throw Refused(userId, $"{found} is no file.");
            RequireOwner(userId, found, file);
            if (file.OthersWrite)
                throw Refused(userId, $"others may write to {found}. If nobody did, run: chmod go-w {Posix.Quoted(found)}");
            if ((file.Mode & OthersRead) != 0 && !SecretPlaces().Any(place => found.StartsWith(place + "/", StringComparison.Ordinal)))
            {
                string own = file.Owner == PosixFile.Me ? "" : $"chown {PosixFile.Me} {Posix.Quoted(found)} && ";
                throw Refused(userId, $"others may read {found}. If nobody did, run: {own}chmod 600 {Posix.Quoted(found)}");
            }
        }
        catch (IOException e)
        {
            throw Refused(userId, $"{e.Message} Make the file with: Enable-PasspackUnattendedUnlock -KeyFile {Posix.Quoted(path)}", e);
        }
        catch (PlatformNotSupportedException e)
        {
            throw Refused(userId, "on this platform the owner of a file cannot be told.", e);
        }
    }

    /// <summary>Refuses a path for a new key file that others could put another file in place of.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.UnattendedRefused"/>, likewise.</exception>
    public static void RequireFolderOf(string? userId, string path)
    {
        try
        {
            string folder = Follow(userId, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
            RequireFolder(userId, folder, PosixFile.Of(folder));
        }
        catch (IOException e)
        {
            throw Refused(userId, e.Message, e);
        }
    }

    /// <summary>
    /// Refuses a path for a key file that root makes for another user, unless root alone can write to every folder on the way: else that user could lead
    /// root elsewhere.
    /// </summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.UnattendedRefused"/>, likewise.</exception>
    public static void RequireRootsFolderOf(string userId, string path)
    {
        string given = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        try
        {
            for (string? folder = Follow(userId, given); folder is not null; folder = Path.GetDirectoryName(folder))
            {
                PosixFile item = PosixFile.Of(folder);
                if (item.Owner != 0 || item.OthersWrite)
                {
                    throw Refused(userId, $"a key file for another user belongs into a folder that root alone can write to, and others can write to " +
                        $"{folder}. Run: install -d -m 755 /etc/passpack, and put it there.");
                }
            }
        }
        catch (IOException e)
        {
            throw Refused(userId, e.Message, e);
        }
    }

    // The file that a path leads to in the end, each folder and link on the way looked at.
    private static string Follow(string? userId, string path)
    {
        var rest = new Stack<string>(Parts(path).Reverse());
        string at = "/";
        RequireFolder(userId, at, PosixFile.Of(at));
        for (int links = 0; rest.TryPop(out string? part);)
        {
            string next = part == ".." ? Path.GetDirectoryName(at) ?? "/" : Path.Combine(at, part);
            PosixFile item = PosixFile.Of(next);
            if (item.IsLink)
            {
                RequireOwner(userId, next, item);
                if (++links > MostLinks)
                    throw Refused(userId, $"{path} leads through more than {MostLinks} links.");
                string target = new FileInfo(next).LinkTarget!;
                foreach (string one in Parts(target).Reverse())
                    rest.Push(one);
                at = target.StartsWith('/') ? "/" : at;
                continue;
            }
            if (rest.Count > 0)
                RequireFolder(userId, next, item);
            at = next;
        }
        return at;
    }

    private static IEnumerable<string> Parts(string path) => path.Split('/').Where(part => part.Length > 0 && part != ".");

    private static void RequireFolder(string? userId, string path, PosixFile folder)
    {
        if (!folder.IsFolder)
            throw Refused(userId, $"{path} is no folder.");
        RequireOwner(userId, path, folder);
        if (folder.OthersWrite && (folder.Mode & Sticky) == 0)
            throw Refused(userId, $"others may write to the folder {path}. Run: chmod go-w {Posix.Quoted(path)}");
    }

    private static void RequireOwner(string? userId, string path, PosixFile item)
    {
        if (item.Owner != 0 && item.Owner != PosixFile.Me)
        {
            throw Refused(userId, $"{path} belongs to user {item.Owner}, and this process runs as user {PosixFile.Me}. " +
                $"Run: chown {PosixFile.Me} {Posix.Quoted(path)}");
        }
    }

    private static IEnumerable<string> SecretPlaces() =>
        s_secretPlaces.Append(Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") ?? "").Where(Path.IsPathFullyQualified).Select(TruePath.Of);

    private static PasspackException Refused(string? userId, string why, Exception? inner = null) =>
        new(ErrorCodes.UnattendedRefused, $"{userId ?? "The account of a key file"} cannot be unlocked unattended: {why}", inner) { Target = userId };
}
