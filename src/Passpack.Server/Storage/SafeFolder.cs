using Passpack.Vault.Files;

namespace Passpack.Server.Storage;

/// <summary>
/// Whether a folder and what is in it can be exchanged by another user of the machine (Unix). Whoever can, reads what is written and says what is
/// read, whatever the modes of the files. Root can do that anyway.
/// </summary>
internal static class SafeFolder
{
    private const int Sticky = 0x200; // 01000
    private const int MostLinks = 40;

    /// <summary>The way to a folder as far as it exists, that folder included; through links, which have to be as safe.</summary>
    /// <returns>The folder without links on the way.</returns>
    /// <exception cref="IOException">Somebody else can change where it leads; the message says who or how.</exception>
    public static string RequireWay(string folder)
    {
        string path = "/";
        var ahead = new Stack<string>(Parts(folder).Reverse());
        Require(path, isLast: ahead.Count == 0);
        for (int links = 0; ahead.TryPop(out string? part);)
        {
            string next = Path.GetFullPath(Path.Combine(path, part));
            if (new FileInfo(next).LinkTarget is { } target)
            {
                RequireOwner(next, PosixFile.Of(next));
                if (++links > MostLinks)
                    throw new IOException($"{folder} leads through too many links.");
                foreach (string each in Parts(target).Reverse())
                    ahead.Push(each);
                path = Path.IsPathRooted(target) ? "/" : path;
                continue;
            }

            if (!Directory.Exists(next))
                return Path.Combine([next, .. ahead]);
            path = next;
            Require(path, isLast: ahead.Count == 0);
        }

        return path;
    }

    /// <summary>A folder in which others write nothing.</summary>
    /// <exception cref="IOException">They could.</exception>
    public static void RequireClosed(string folder)
    {
        PosixFile item = PosixFile.Of(folder);
        if (item.OthersWrite)
            throw new IOException($"others may write to the folder {folder}. Run: chmod go-w '{folder}', or name a folder of its own.");
    }

    /// <summary>A file of the server: no link, and nobody else's.</summary>
    /// <exception cref="IOException">It is something else.</exception>
    public static void RequireFile(string path)
    {
        PosixFile item = PosixFile.Of(path);
        if (!item.IsFile)
            throw new IOException($"{path} is {(item.IsLink ? "a link" : "no file")}. Name the folder where the database itself is.");
        RequireOwner(path, item);
    }

    private static void Require(string path, bool isLast)
    {
        PosixFile folder = PosixFile.Of(path);
        RequireOwner(path, folder);
        // In a sticky folder nobody moves what is another's, such as the next folder on the way. The last one is closed later, or refused.
        if (!isLast && (folder.Mode & Sticky) == 0)
            RequireClosed(path);
    }

    private static void RequireOwner(string path, PosixFile item)
    {
        if (item.Owner != 0 && item.Owner != PosixFile.Me)
        {
            throw new IOException(
                $"{path} belongs to user {item.Owner}, and this server runs as user {PosixFile.Me}. Run it as the owner, or: chown {PosixFile.Me} '{path}'.");
        }
    }

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}
