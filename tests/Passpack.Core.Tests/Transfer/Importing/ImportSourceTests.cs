using System.Text;
using Passpack.Core.Tests.Vault;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Core.Tests.Transfer;

/// <summary>Pipes, devices, and files that never end.</summary>
public sealed class ImportSourceTests : IDisposable
{
    // Only so that a defect ends at all.
    private static readonly TimeSpan s_guard = TimeSpan.FromMinutes(5);

    private readonly TestVault _test = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-source-").FullName;

    public void Dispose()
    {
        _test.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void UTF16_with_half_a_pair_is_refused_and_nothing_of_it_is_changed(bool isBigEndian)
    {
        // Not as the theory's data, which goes through UTF-8.
        foreach (string text in new[] { "Entry Name,Password\nn,s3cret\uD83D\n", "name,url,username,password\nn,,,\uDE00s3cret\n" })
        {
            Encoding encoding = isBigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode;
            byte[] bytes = [.. encoding.GetPreamble(), .. text.SelectMany(c => isBigEndian ? new[] { (byte)(c >> 8), (byte)c } : [(byte)c, (byte)(c >> 8)])];
            PasspackException error = Errors.Of(ErrorCodes.FormatNotRecognized, () => _ = ImportSource.Read(
                new MemoryStream(bytes), "the file", new ImportOptions(), CancellationToken.None).Count());
            Assert.Contains("UTF-16", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_FIFO_is_imported_whole()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no FIFO there.");
        const int rows = 3000;
        string fifo = AtomicFileTests.MakeFifo(_folder);
        string text = "Entry Name,Password\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"n{i},p\n"));
        Task writing = Task.Run(() => File.WriteAllText(fifo, text), TestContext.Current.CancellationToken);

        List<ImportResult> results = [.. new EntryImporter(_test.Vault).Import(fifo, new ImportOptions { Progress = _ => Assert.Fail("Its length is not known.") },
            TestContext.Current.CancellationToken)];

        await writing.WaitAsync(s_guard, TestContext.Current.CancellationToken);
        Assert.Equal(rows, results.Count(result => result.Action == ImportAction.Added));
        Assert.Equal(rows, _test.Vault.List(new()).Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_FIFO_that_gives_nothing_is_left_when_the_import_is_cancelled(bool isOpened)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no FIFO there.");
        string fifo = AtomicFileTests.MakeFifo(_folder);
        using var stop = new CancellationTokenSource();
        Task import = Task.Run(() => new EntryImporter(_test.Vault).Import(fifo, cancellationToken: stop.Token).Count(), TestContext.Current.CancellationToken);
        FileStream? writer = isOpened ? await Task.Run(() => new FileStream(fifo, FileMode.Open, FileAccess.Write), TestContext.Current.CancellationToken) : null;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => import.WaitAsync(s_guard, TestContext.Current.CancellationToken));
        // So that the reading that was left behind ends, too.
        writer ??= await Task.Run(() => new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite), TestContext.Current.CancellationToken);
        await writer.DisposeAsync();
    }

    [Theory]
    [InlineData((byte)0, null)]
    [InlineData((byte)0, EntryFileFormat.ClassicCsv)]
    [InlineData((byte)'a', null)]
    [InlineData((byte)'a', EntryFileFormat.ClassicTab)]
    [InlineData((byte)'"', null)]
    [InlineData((byte)',', null)]
    [InlineData((byte)'[', null)]
    [InlineData((byte)'0', EntryFileFormat.Json)]
    public void One_line_without_end_is_refused(byte content, EntryFileFormat? format)
    {
        using var endless = new EndlessStream(content);
        var error = Assert.Throws<PasspackException>(() => Read(endless, format, CancellationToken.None).Count);
        Assert.Equal(ErrorCodes.FormatNotRecognized, error.ErrorId);
        Assert.InRange(endless.Count, 1, 1 << 28);
    }

    [Theory]
    [InlineData((byte)'\n', EntryFileFormat.Csv)]
    [InlineData((byte)'\n', EntryFileFormat.Json)]
    [InlineData((byte)' ', EntryFileFormat.Json)]
    public void Blank_lines_without_end_are_read_until_the_import_is_cancelled(byte content, EntryFileFormat format)
    {
        using var stop = new CancellationTokenSource();
        using var endless = new EndlessStream(content) { AfterMany = stop.Cancel };
        Assert.ThrowsAny<OperationCanceledException>(() => Read(endless, format, stop.Token).Count);
    }

    [Fact]
    public void Deep_JSON_and_a_row_of_a_million_fields_are_refused()
    {
        Refuses(new string('[', 100_000));
        Refuses("[" + string.Concat(Enumerable.Repeat("{\"Entry Name\":", 100_000)));
        Refuses("Entry Name" + new string(',', 1_000_000) + "\n");
        ImportRow row = Assert.Single(TransferTests.Read("Entry Name,URL\nn" + new string(',', 1_000_000) + "\n"));
        Assert.Contains("fields", row.Error, StringComparison.Ordinal);

        static void Refuses(string text) => Assert.Equal(ErrorCodes.FormatNotRecognized, Assert.Throws<PasspackException>(() => TransferTests.Read(text)).ErrorId);
    }

    [Fact]
    public void A_pipe_that_gives_a_byte_at_a_time_is_not_parsed_anew_for_each()
    {
        // Quadratic work would be a trillion bytes here.
        string json = $$"""[{"Entry Name":"n","Notes":"{{new string('x', 1_000_000)}}"}]""";
        using var slow = new DripStream(Encoding.UTF8.GetBytes(json));
        ImportRow row = Assert.Single(Read(slow, null, TestContext.Current.CancellationToken));
        Assert.Equal(1_000_000, row.Values!.Notes!.Length);
    }

    [Fact]
    public void A_file_that_another_program_writes_is_read()
    {
        string path = Path.Combine(_folder, "open.csv");
        using var other = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        other.Write("Entry Name\nn\n"u8);
        other.Flush();
        Assert.Equal(ImportAction.Added, Assert.Single(new EntryImporter(_test.Vault).Import(path)).Action);
    }

    private static List<ImportRow> Read(Stream stream, EntryFileFormat? format, CancellationToken cancellation) =>
        [.. ImportSource.Read(stream, "x", new ImportOptions { Format = format }, cancellation)];

    private sealed class EndlessStream(byte content) : MemoryStream
    {
        public long Count { get; private set; }

        public Action? AfterMany { get; init; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            buffer.Fill(content);
            Count += buffer.Length;
            if (Count > 1 << 24)
                AfterMany?.Invoke();
            return buffer.Length;
        }
    }

    private sealed class DripStream(byte[] content) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1)]);
    }
}
