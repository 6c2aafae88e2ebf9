namespace Passpack.Server.Tests.Support;

/// <summary>Files of the repository that are tested as they stand.</summary>
internal static class Repository
{
    private static readonly string s_root = Find();

    /// <summary>A file or folder, by its path from the root.</summary>
    public static string Of(string path) => Path.Combine(s_root, path);

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "PasspackPS.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not run inside of the repository.");
    }
}
