using System.Globalization;
using Passpack.Automation.Running;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Automation.Running;

/// <summary>What becomes of the files that programs need in the clear.</summary>
public sealed class SecretFolderTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("passpack-test-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void Its_files_are_the_owners_and_gone_afterwards()
    {
        using SecretFolder folder = SecretFolder.Create(new DataFolder(_home));
        string path = folder.Write("a/b:kube config.yml", "secret"u8);
        Assert.Equal("1-a_b_kube config.yml", Path.GetFileName(path));
        Assert.Equal("secret", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
        }
        folder.Dispose();
        Assert.False(Directory.Exists(folder.Path));
    }

    [Fact]
    public void What_a_program_put_there_goes_too_and_a_link_is_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string outside = Path.Combine(_home, "outside");
        File.WriteAllText(outside, "stays");
        using SecretFolder folder = SecretFolder.Create(new DataFolder(_home));
        Directory.CreateDirectory(Path.Combine(folder.Path, "sub"));
        File.WriteAllText(Path.Combine(folder.Path, "sub", "more"), "secret");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "sub", "link"), outside);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "folder"), _home);
        folder.Dispose();
        Assert.False(Directory.Exists(folder.Path));
        Assert.Equal("stays", File.ReadAllText(outside));
    }

    [Fact]
    public void The_content_is_overwritten_before_it_is_deleted()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a deleted file that is open can be read on Linux");
        using SecretFolder folder = SecretFolder.Create(new DataFolder(_home));
        using FileStream open = File.OpenRead(folder.Write("x", new byte[100_000].Select(_ => (byte)7).ToArray()));
        folder.Dispose();
        byte[] left = new byte[100_001];
        Assert.Equal(100_000, open.ReadAtLeast(left, left.Length, throwOnEndOfStream: false));
        Assert.All(left, one => Assert.Equal(0, one));
    }

    [Fact]
    public void A_sweep_takes_what_nobody_holds_and_nothing_else()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "made with modes of POSIX");
        string dead = Make("passpack-run-4194304-1-1", withLock: true), deadBefore = Make("passpack-run-4194304-1-2", withLock: false);
        string reused = Make(string.Create(CultureInfo.InvariantCulture, $"passpack-run-{Environment.ProcessId}-1-3"), withLock: false);
        string held = Make("passpack-run-4194304-1-4", withLock: true);
        string open = Make("passpack-run-4194304-1-5", withLock: true);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        string[] others = [Make("passpack-run-x-1-1", withLock: true), Make("passpack-run-1-1", withLock: true), Make("passpack-server-test-1", withLock: true)];
        File.CreateSymbolicLink(Path.Combine(_home, "passpack-run-4194304-1-6"), others[0]);
        using (new FileStream(Path.Combine(held, "lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            SecretFolder.Sweep(_home);
        Assert.All([dead, deadBefore, reused], folder => Assert.False(Directory.Exists(folder), folder));
        Assert.All([held, open, .. others], folder => Assert.Equal("secret", File.ReadAllText(Path.Combine(folder, "1-x"))));
    }

    [Fact]
    public void A_living_folder_of_this_process_is_not_swept()
    {
        using SecretFolder folder = SecretFolder.Create(new DataFolder(_home));
        string path = folder.Write("x", "secret"u8);
        SecretFolder.SweepAll(new DataFolder(_home));
        Assert.Equal("secret", File.ReadAllText(path));
    }

    private string Make(string name, bool withLock)
    {
        string folder = Path.Combine(_home, name);
        OwnerOnly.CreateFolder(folder);
        File.WriteAllText(Path.Combine(folder, "1-x"), "secret");
        if (withLock)
            File.WriteAllText(Path.Combine(folder, "lock"), "");
        return folder;
    }
}
