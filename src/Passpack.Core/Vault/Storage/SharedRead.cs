namespace Passpack.Vault.Storage;

/// <summary>
/// Reading without being in anybody's way: others may write, replace and delete the file meanwhile. On Windows a reader that does not say so makes
/// their work fail. Every read of a file goes through here.
/// </summary>
internal static class SharedRead
{
    /// <param name="path">Where.</param>
    /// <param name="bufferSize">Bytes; 0: no copy of what is read is left in a buffer.</param>
    public static FileStream Open(string path, int bufferSize = 4096) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize);

    /// <summary>A text, in UTF-8 where no byte order mark says another encoding.</summary>
    public static string Text(string path)
    {
        using var reader = new StreamReader(Open(path));
        return reader.ReadToEnd();
    }
}
