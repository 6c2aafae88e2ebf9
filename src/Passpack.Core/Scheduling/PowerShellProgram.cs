using Passpack.Vault.Files;

namespace Passpack.Scheduling;

/// <summary>How to start a PowerShell: by its own program, or by dotnet and its library if it is a dotnet tool without a program.</summary>
/// <param name="Program">The full path of pwsh, or of dotnet.</param>
/// <param name="Library">The full path of pwsh.dll. Null if the program is pwsh itself.</param>
public sealed record PowerShellProgram(string Program, string? Library)
{
    private static readonly string s_extension = OperatingSystem.IsWindows() ? ".exe" : "";

    /// <summary>The PowerShell in a folder. Null if none there can be started.</summary>
    /// <param name="home">The folder of PowerShell's libraries, $PSHOME.</param>
    /// <param name="running">The program of this process. Null if it is unknown.</param>
    /// <param name="path">PATH.</param>
    public static PowerShellProgram? In(string home, string? running, string? path)
    {
        string own = Path.Combine(home, "pwsh" + s_extension), library = Path.Combine(home, "pwsh.dll");
        if (File.Exists(own))
            return new PowerShellProgram(Lasting(own, path), null);
        // A global dotnet tool is started by a program in another folder.
        if (IsNamed(running, "pwsh"))
            return new PowerShellProgram(running!, null);
        return File.Exists(library) && FindDotnet(running, path) is { } dotnet ? new PowerShellProgram(dotnet, library) : null;
    }

    /// <summary>Finds dotnet: the one that runs this process, the one named by the environment, or the one on PATH.</summary>
    private static string? FindDotnet(string? running, string? path)
    {
        if (IsNamed(running, "dotnet"))
            return running;
        string? host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH");
        return host is { Length: > 0 } && File.Exists(host) ? host : Programs.FindOnPath(path, "dotnet" + s_extension);
    }

    private static bool IsNamed(string? program, string name) => Path.GetFileName(program) == name + s_extension;

    /// <summary>
    /// The same program under a path that survives updates: for a Store package, whose folder changes with the version, its alias; otherwise a link
    /// on PATH.
    /// </summary>
    private static string Lasting(string own, string? path)
    {
        string local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (StoreAlias(own, local) is { } alias)
            return File.Exists(alias) ? alias : own;
        return Programs.FindOnPath(path, "pwsh" + s_extension) is { } found && TruePath.Of(found) == TruePath.Of(own) ? found : own;
    }

    /// <summary>
    /// Where Windows keeps the alias of a program of a Store package: below the name of the package's family, which is the folder's name without
    /// version and processor. Null if the program is not in a Store package.
    /// </summary>
    internal static string? StoreAlias(string program, string localApplicationData)
    {
        string[] parts = program.Split('\\');
        return parts is [.., var apps, var package, var file] && apps.Equals("WindowsApps", StringComparison.OrdinalIgnoreCase)
            && package.Split('_') is [var name, _, .., var publisher] ? $@"{localApplicationData}\Microsoft\WindowsApps\{name}_{publisher}\{file}" : null;
    }
}
