using System.Text;
using Passpack.Core.Tests.Vault;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

/// <summary>Nothing is held that grows with the file. Alone in the process, because the heap that is measured is everyone's.</summary>
[CollectionDefinition(DisableParallelization = true)]
[Collection(typeof(StreamingTests))]
[Trait("Pace", "Slow")]
public sealed class StreamingTests
{
    private const int Rows = 200_000;
    private const long AllowedGrowth = 4 << 20; // The text of 200,000 rows would be some 50 MB.

    [Theory]
    [InlineData(EntryFileFormat.Csv)]
    [InlineData(EntryFileFormat.Json)]
    public void Reading_holds_no_more_at_the_end_than_at_the_start(EntryFileFormat format)
    {
        byte[] one = Export(format, Entry("name", new EntrySecret { Password = "p", Notes = "some\nnotes" }, "tag"));
        Stream file = format == EntryFileFormat.Csv
            ? new RepeatingStream(Encoding.UTF8.GetBytes(Header), one[Header.Length..], Rows, [])
            : new RepeatingStream("["u8.ToArray(), [.. one[1..^1], (byte)','], Rows, [.. one[1..^1], (byte)']']);

        long count = 0, early = 0, late = 0;
        foreach (ImportRow row in ImportSource.Read(file, "x", new ImportOptions(), CancellationToken.None))
        {
            Assert.Null(row.Error);
            count++;
            if (count == 1000)
                early = GC.GetTotalMemory(forceFullCollection: true);
            else if (count == Rows - 1000)
                late = GC.GetTotalMemory(forceFullCollection: true);
        }

        Assert.InRange(count, Rows, Rows + 1);
        Assert.InRange(late - early, long.MinValue, AllowedGrowth);
    }

    [Theory]
    [InlineData(EntryFileFormat.Csv)]
    [InlineData(EntryFileFormat.Json)]
    public void Writing_holds_no_more_at_the_end_than_at_the_start(EntryFileFormat format)
    {
        long early = 0, late = 0;
        IEnumerable<FullEntry> Entries()
        {
            for (int i = 0; i < Rows; i++)
            {
                yield return Entry("name", new EntrySecret { Notes = "some notes" }, "tag");
                if (i == 1000)
                    early = GC.GetTotalMemory(forceFullCollection: true);
                else if (i == Rows - 1000)
                    late = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        EntryExporter.Write(Entries(), Stream.Null, format);

        Assert.InRange(late - early, long.MinValue, AllowedGrowth);
    }

    [Fact]
    public void Importing_into_a_new_vault_holds_no_more_at_the_end_than_at_the_start()
    {
        using var test = new TestVault();
        const int rows = 20_000;
        var file = new RepeatingStream("Entry Name,Notes\n"u8.ToArray(), Encoding.UTF8.GetBytes($"same,\"{new string('x', 500)}\"\n"), rows, []);
        long count = 0, early = 0, late = 0;
        foreach (ImportResult _ in new EntryImporter(test.Vault).Import(file, "x"))
        {
            count++;
            if (count == 4000)
                early = GC.GetTotalMemory(forceFullCollection: true);
            else if (count == rows)
                late = GC.GetTotalMemory(forceFullCollection: true);
        }
        Assert.Equal(rows, count);
        Assert.InRange(late - early, long.MinValue, AllowedGrowth);
    }

    /// <summary>A file that is made while it is read: start, the same bytes many times, end.</summary>
    private sealed class RepeatingStream(byte[] start, byte[] repeated, int times, byte[] end) : Stream
    {
        private ReadOnlyMemory<byte> _current = start;
        private int _repeated;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            if (_current.IsEmpty)
            {
                if (_repeated > times)
                    return 0;
                _current = _repeated++ < times ? repeated : end;
            }
            int count = Math.Min(buffer.Length, _current.Length);
            _current.Span[..count].CopyTo(buffer);
            _current = _current[count..];
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
