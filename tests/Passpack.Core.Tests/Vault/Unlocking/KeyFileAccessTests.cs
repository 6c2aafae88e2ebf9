using System.Diagnostics;
using System.Runtime.Versioning;
using Passpack.Protocol;
using Passpack.Vault.Unlocking;

namespace Passpack.Core.Tests.Vault.Unlocking;

/// <summary>Who may get at a key file: owners and modes of it, and of all that leads to it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KeyFileAccessTests : IDisposable
{
    private const string User = "alice@example.com", Nobody = "65534";

    private readonly string _home = Directory.CreateTempSubdirectory("passpack-test-").FullName;
    private readonly string _credentials = Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") ?? "";
    private readonly string _folder;
    private readonly string _file;

    public KeyFileAccessTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs modes of files, which Windows has not");
        _folder = Directory.CreateDirectory(Path.Combine(_home, "keys")).FullName;
        _file = Path.Combine(_folder, "it's.key");
        File.WriteAllText(_file, "key");
        Run("chmod", "755", _folder);
        Run("chmod", "600", _file);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", _credentials);
        Directory.Delete(_home, recursive: true);
    }

    [Theory]
    [InlineData("600", "755", null)]
    [InlineData("400", "700", null)]
    [InlineData("600", "1777", null)]
    [InlineData("640", "755", "chmod 600")]
    [InlineData("604", "755", "chmod 600")]
    [InlineData("620", "755", "chmod go-w")]
    [InlineData("602", "755", "chmod go-w")]
    [InlineData("600", "775", "chmod go-w")]
    [InlineData("600", "757", "chmod go-w")]
    public void Modes_decide(string fileMode, string folderMode, string? mends)
    {
        Run("chmod", fileMode, _file);
        Run("chmod", folderMode, _folder);
        Expect(_file, mends);
    }

    [Theory]
    [InlineData("444", "755", null)]
    [InlineData("444", "1777", null)]
    [InlineData("464", "755", "chmod go-w")]
    [InlineData("444", "777", "chmod go-w")]
    public void Where_secrets_are_mounted_others_may_read_and_no_more(string fileMode, string folderMode, string? mends)
    {
        // As Kubernetes does it: the name is a link to a link to a folder.
        string mounted = Directory.CreateDirectory(Path.Combine(_folder, "..2026")).FullName, data = Path.Combine(_folder, "..data");
        File.Move(_file, Path.Combine(mounted, "key"));
        File.CreateSymbolicLink(data, "..2026");
        File.CreateSymbolicLink(_file, Path.Combine("..data", "key"));
        File.CreateSymbolicLink(Path.Combine(_home, "credentials"), _folder);
        Run("chmod", fileMode, Path.Combine(mounted, "key"));
        Run("chmod", folderMode, _folder);
        Expect(_file, fileMode == "464" || folderMode == "777" ? mends : "chmod 600");
        Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", Path.Combine(_home, "credentials"));
        Expect(_file, mends);
        Expect(Path.Combine(_home, "credentials", "it's.key"), mends);
    }

    [Fact]
    public void What_another_user_owns_is_refused_on_every_step()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root gives files away");
        string link = Path.Combine(_home, "link");
        File.CreateSymbolicLink(link, _file);
        Run("chown", Nobody, _file);
        Expect(_file, "chown");
        Run("chown", "0", _file);
        Run("chown", "-h", Nobody, link);
        Expect(link, "chown");
        Run("chown", "-h", "0", link);
        Run("chown", Nobody, _folder);
        Expect(link, "chown");
        Run("chown", "0", _folder);
        Expect(link, null);
    }

    [Fact]
    public void Links_in_a_ring_folders_and_nothing_are_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_home, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(_home, "b"), "a");
        Expect(Path.Combine(_home, "a"), "links");
        Expect(_folder, "is no file");
        Expect(Path.Combine(_file, "x"), "is no folder");
        Expect(Path.Combine(_folder, "none"), "Enable-PasspackUnattendedUnlock");
        Expect(Path.Combine(_folder, "..", "keys", ".", "it's.key"), null);
    }

    private static void Expect(string path, string? mends)
    {
        if (mends is null)
            KeyFileAccess.Require(User, path);
        else
            Errors.Of(ErrorCodes.UnattendedRefused, () => KeyFileAccess.Require(User, path), mends);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
