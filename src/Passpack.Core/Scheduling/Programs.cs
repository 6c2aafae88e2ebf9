namespace Passpack.Scheduling;

/// <summary>
/// Where a program of the platform lies. Never in the working directory, which may be anybody's: Windows looks there first by itself, and on other
/// platforms an empty or relative entry of PATH means it.
/// </summary>
internal static class Programs
{
    /// <summary>The absolute path of a program; null if it is not where the platform's programs are.</summary>
    /// <param name="name">Without folder and extension.</param>
    public static string? Find(string name) => OperatingSystem.IsWindows()
        ? FindIn([Environment.SystemDirectory], name + ".exe")
        : FindOnPath(Environment.GetEnvironmentVariable("PATH"), name);

    /// <summary>The first in PATH's absolute entries that can be run.</summary>
    internal static string? FindOnPath(string? path, string name) => FindIn((path ?? "").Split(Path.PathSeparator), name);

    private static string? FindIn(IEnumerable<string> folders, string file) => folders
        .Where(folder => Path.IsPathFullyQualified(folder))
        .Select(folder => Path.Combine(folder, file))
        .FirstOrDefault(IsProgram);

    private static bool IsProgram(string path) => File.Exists(path)
        && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
