using Passpack.Core.Tests.Vault;
using Passpack.Protocol;
using Passpack.Scheduling;

namespace Passpack.Core.Tests.Scheduling;

/// <summary>A program that somebody laid where a shell happens to be started is never run in the place of the platform's.</summary>
public sealed class ProgramsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("{relative}")]
    [InlineData("{relative}:.::")]
    public void A_program_in_the_working_directory_or_a_relative_entry_of_PATH_is_not_found(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows' programs are those of the system folder alone.");
        string trap = MakeProgram("here", "crontab");
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, Path.GetDirectoryName(trap)!);
        path = path.Replace("{relative}", relative, StringComparison.Ordinal);
        Assert.True(path.Length < 2 || File.Exists(Path.Combine(relative, "crontab")));
        Assert.Null(Programs.FindOnPath(path, "crontab"));
        string real = MakeProgram("real", "crontab");
        Assert.Equal(real, Programs.FindOnPath($"{path}:{Path.GetDirectoryName(real)}", "crontab"));
    }

    [Fact]
    public void A_file_that_cannot_be_run_is_passed_over()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows knows programs by their names.");
        string plain = MakeProgram("plain", "crontab"), real = MakeProgram("real", "crontab");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(plain, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(real, Programs.FindOnPath($"{Path.GetDirectoryName(plain)}:{Path.GetDirectoryName(real)}", "crontab"));
    }

    [Fact]
    public void A_program_that_is_nowhere_is_told()
    {
        PasspackException missing = Errors.Of(ErrorCodes.SchedulerFailed, () => new Commands().Run("no-such-program-0815", []));
        Assert.Contains("no-such-program-0815", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_found_is_run()
    {
        string name = OperatingSystem.IsWindows() ? "whoami" : "id";
        Assert.True(Path.IsPathFullyQualified(Programs.Find(name)!));
        Assert.Equal(0, new Commands().Run(name, []).ExitCode);
    }

    private string MakeProgram(string folder, string name)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, folder)).FullName, name);
        File.WriteAllText(path, "#!/bin/sh\nexit 42\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
