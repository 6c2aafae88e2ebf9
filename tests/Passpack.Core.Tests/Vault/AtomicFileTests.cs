using Passpack.Protocol;
using Passpack.Vault;

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
        const int noSpaceLeft = 28;
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

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);
}
