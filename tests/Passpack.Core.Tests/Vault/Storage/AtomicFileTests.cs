using System.Diagnostics;
using System.Net.Sockets;
using Passpack.Protocol;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-file-").FullName;

    private string Target => Path.Combine(_folder, "file");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Only_the_owner_can_read_it_from_its_first_byte_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows a file inherits its access list.");
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        AtomicFile.Write(Target, false, stream =>
        {
            stream.WriteByte(1);
            Assert.False(File.Exists(Target));
            Assert.Equal(ownerOnly, Mode(Assert.Single(Directory.GetFiles(_folder))));
        });
        Assert.Equal(ownerOnly, Mode(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void When_writing_fails_everything_is_as_it_was(bool existed)
    {
        if (existed)
            File.WriteAllText(Target, "before");

        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(Target, true, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));

        Assert.Equal(existed ? [Target] : [], Directory.GetFileSystemEntries(_folder));
        if (existed)
            Assert.Equal("before", File.ReadAllText(Target));
    }

    [Fact]
    public void A_full_disk_is_named()
    {
        // ERROR_DISK_FULL as an HRESULT; ENOSPC.
        int noSpaceLeft = OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28;
        var error = Assert.Throws<PasspackException>(() =>
            AtomicFile.Write(Target, false, _ => throw new IOException("No space left on device", noSpaceLeft)));
        Assert.Equal(ErrorCodes.DiskFull, error.ErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_file_that_appears_meanwhile_is_not_overwritten()
    {
        var error = Assert.Throws<PasspackException>(() => AtomicFile.Write(Target, false, _ => File.WriteAllText(Target, "another's")));
        Assert.Equal(ErrorCodes.FileExists, error.ErrorId);
        Assert.Equal("another's", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_folder_is_never_replaced_and_a_missing_one_is_named()
    {
        Assert.Equal(ErrorCodes.FileExists, Assert.Throws<PasspackException>(() => AtomicFile.Write(_folder, true, _ => { })).ErrorId);
        string missing = Path.Combine(_folder, "none");
        Assert.Contains(missing, Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(Path.Combine(missing, "f"), true, _ => { })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Behind_a_link_the_file_itself_is_written()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making a link needs a privilege there.");
        string elsewhere = Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "real"), "before");
        File.CreateSymbolicLink(Target, Path.Combine(elsewhere, "real"));

        AtomicFile.Write(Target, true, stream => stream.Write("after"u8));

        Assert.NotNull(new FileInfo(Target).LinkTarget);
        Assert.Equal("after", File.ReadAllText(Path.Combine(elsewhere, "real")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_FIFO_a_socket_or_a_device_is_refused_before_anything_is_written(bool overwrite)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There such files have reserved names.");
        string fifo = MakeFifo(_folder), link = Path.Combine(_folder, "link"), socket = Path.Combine(_folder, "socket");
        File.CreateSymbolicLink(link, fifo);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        string[] before = Directory.GetFileSystemEntries(_folder);

        foreach (string path in new[] { fifo, link, socket, "/dev/null" })
        {
            var error = Assert.Throws<PasspackException>(() => AtomicFile.Write(path, overwrite, _ => Assert.Fail("It was written.")));
            Assert.Equal(ErrorCodes.FileExists, error.ErrorId);
            Assert.Contains("no regular file", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Directory.GetFileSystemEntries(_folder));
        Assert.Equal(0x1000, PosixFile.Of(fifo).Mode & 0xF000);
    }

    [Fact]
    public void A_file_that_is_refused_is_named_with_what_to_do()
    {
        File.WriteAllText(Target, "before");
        var error = Assert.Throws<UnauthorizedAccessException>(() => AtomicFile.Write(Target, true, _ => throw new UnauthorizedAccessException("Access to the path is denied.")));
        Assert.Contains(Target, error.Message, StringComparison.Ordinal);
        Assert.Contains("Close it there", error.Message, StringComparison.Ordinal);
        Assert.Equal("before", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(@"C:\x\nul.csv", true)]
    [InlineData("NUL", true)]
    [InlineData("sub/con .tar.gz", true)]
    [InlineData(@"C:\COM1", true)]
    [InlineData("lpt\u00B2.txt", true)]
    [InlineData("aux:stream", true)]
    [InlineData(@"\\.\pipe\x", true)]
    [InlineData(@"C:\nul\x.csv", false)]
    [InlineData("null.csv", false)]
    [InlineData("COM0", false)]
    [InlineData("COM10", false)]
    [InlineData("", false)]
    public void Names_that_Windows_reserves_are_known(string path, bool isDevice) => Assert.Equal(isDevice, RegularFile.IsWindowsDevice(path));

    internal static string MakeFifo(string folder)
    {
        string path = Path.Combine(folder, "fifo");
        using var made = Process.Start("/usr/bin/env", ["mkfifo", path]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        return path;
    }

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);
}
