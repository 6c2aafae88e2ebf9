using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Automation.Running;

/// <summary>Files that take what a program prints.</summary>
public static class ChildOutput
{
    /// <summary>Makes a file that only its owner can read.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="overwrite">Whether a file that is there is emptied.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.FileExists"/>.</exception>
    public static FileStream CreateFile(string path, bool overwrite)
    {
        AtomicFile.RequireWritable(path, overwrite);
        return OwnerOnly.OpenFile(path, FileMode.Create, FileAccess.Write, FileShare.Read);
    }
}
