using System.Text;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

public sealed class EntryExporterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-export-").FullName;

    private string Target => Path.Combine(_folder, "out.csv");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(EntryFileFormat.Csv)]
    [InlineData(EntryFileFormat.Json)]
    public void A_file_holds_what_a_stream_gets(EntryFileFormat format)
    {
        FullEntry entry = Entry("n");
        Assert.Equal(1, EntryExporter.WriteFile([entry], Target, format));
        Assert.Equal(Export(format, entry), File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(EntryFileFormat.Csv)]
    [InlineData(EntryFileFormat.Json)]
    public void When_it_fails_or_is_cancelled_nothing_is_left_and_nothing_lost(EntryFileFormat format)
    {
        File.WriteAllText(Target, "before");
        using var cancellation = new CancellationTokenSource();
        IEnumerable<FullEntry> Cancelling()
        {
            yield return Entry("a", new EntrySecret { Notes = new string('x', 500_000) });
            cancellation.Cancel();
            yield return Entry("b");
        }

        Assert.Throws<OperationCanceledException>(() => EntryExporter.WriteFile(Cancelling(), Target, format, overwrite: true, cancellationToken: cancellation.Token));

        Assert.Equal("before", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(EntryFileFormat.Csv)]
    [InlineData(EntryFileFormat.Json)]
    public void A_stream_stays_open_and_nothing_is_held_back(EntryFileFormat format)
    {
        using var stream = new MemoryStream();
        EntryExporter.Write([Entry()], stream, format);
        stream.Write("x"u8);
        Assert.EndsWith(format == EntryFileFormat.Csv ? "\r\nx" : "]x", Encoding.UTF8.GetString(stream.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_there_is_left_unless_told_otherwise()
    {
        File.WriteAllText(Target, "before");

        var error = Assert.Throws<PasspackException>(() => EntryExporter.WriteFile(Unread(), Target, EntryFileFormat.Csv));

        Assert.Equal(ErrorCodes.FileExists, error.ErrorId);
        Assert.Equal("before", File.ReadAllText(Target));
        EntryExporter.WriteFile([], Target, EntryFileFormat.Csv, overwrite: true);
        Assert.Equal(Header, File.ReadAllText(Target));

        static IEnumerable<FullEntry> Unread()
        {
            Assert.Fail("No secret is opened for a file that will not be written.");
            yield break;
        }
    }
}
