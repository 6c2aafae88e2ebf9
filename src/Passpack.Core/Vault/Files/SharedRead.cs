namespace Passpack.Vault.Files;

/// <summary>
/// Opens files so that others may write, replace and delete them meanwhile; on Windows their work would fail otherwise. Every read of a file goes
/// through here.
/// </summary>
internal static class SharedRead
{
    /// <param name="path">Where.</param>
    /// <param name="bufferSize">In bytes. 0 if no copy of the content may stay in a buffer.</param>
    public static FileStream Open(string path, int bufferSize = 4096) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize);

    /// <summary>Reads a text: UTF-8, unless a byte order mark names another encoding.</summary>
    public static string Text(string path)
    {
        using var reader = new StreamReader(Open(path));
        return reader.ReadToEnd();
    }
}
