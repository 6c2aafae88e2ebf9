namespace Passpack.Scheduling;

/// <summary>
/// Finds the platform's programs. Never in the working directory, which a stranger may control: Windows would search it first, and on other platforms
/// an empty or relative entry of PATH means it.
/// </summary>
internal static class Programs
{
    /// <summary>The absolute path of a program. Null if it is not among the platform's programs.</summary>
    /// <param name="name">Without folder and extension.</param>
    public static string? Find(string name) => OperatingSystem.IsWindows()
        ? FindIn([Environment.SystemDirectory], name + ".exe")
        : FindOnPath(Environment.GetEnvironmentVariable("PATH"), name);

    /// <summary>The first executable file of this name in PATH's absolute entries.</summary>
    internal static string? FindOnPath(string? path, string name) => FindIn((path ?? "").Split(Path.PathSeparator), name);

    private static string? FindIn(IEnumerable<string> folders, string file) => folders
        .Where(folder => Path.IsPathFullyQualified(folder))
        .Select(folder => Path.Combine(folder, file))
        .FirstOrDefault(IsProgram);

    private static bool IsProgram(string path) => File.Exists(path)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
