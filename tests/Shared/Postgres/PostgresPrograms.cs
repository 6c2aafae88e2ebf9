using System.Diagnostics;

namespace Passpack.Tests.Postgres;

/// <summary>The programs of PostgreSQL on this machine, and the user that they run as.</summary>
internal static class PostgresPrograms
{
    private const string User = "postgres";

    /// <summary>Where they are. Null if they are nowhere.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>Why they cannot be run. Null if they can.</summary>
    public static string? Missing { get; } =
        OperatingSystem.IsWindows() ? "PostgreSQL is tested on Linux and macOS."
        : Folder is null ? "PostgreSQL is not there: no initdb on PATH or in /usr/lib/postgresql (Debian's package: postgresql)."
        : IsRoot && !HasUser ? $"PostgreSQL does not run as root, and there is no user {User}, as which it would be run."
        : null;

    private static bool IsRoot => Environment.UserName == "root";

    private static bool HasUser => File.Exists("/etc/passwd") && File.ReadLines("/etc/passwd").Any(line => line.StartsWith(User + ":", StringComparison.Ordinal));

    /// <summary>Gives a folder to the user that they run as.</summary>
    public static void Give(string folder)
    {
        if (!IsRoot)
            return;
        using Process chown = Process.Start("chown", [User, folder]);
        chown.WaitForExit();
    }

    /// <summary>Starts a shell as that user, which ends when its input does.</summary>
    public static Process Start(string script)
    {
        var start = new ProcessStartInfo(IsRoot ? "runuser" : "sh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments = IsRoot ? ["-u", User, "--", "sh", "-c", script] : ["-c", script];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static string? Find()
    {
        IEnumerable<string> installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")) : [];
        string[] onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return installed.Concat(onPath).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }
}
