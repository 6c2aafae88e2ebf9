namespace Passpack.EndToEnd.Tests.Support;

/// <summary>Files of the repository that these tests were built from.</summary>
internal static class RepositoryFiles
{
    public static string PathOf(string path)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "PasspackPS.sln")))
            folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder!, path);
    }
}
