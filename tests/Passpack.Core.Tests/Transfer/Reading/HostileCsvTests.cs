using System.Text;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Reading;

namespace Passpack.Core.Tests.Transfer;

/// <summary>Files that are made to take memory and time: what they cost is counted in bytes that were allocated.</summary>
public sealed class HostileCsvTests
{
    private const string Header = "Entry Name,Password,Tags,Extra Fields,Notes\n";

    [Fact]
    public void An_open_quote_before_many_rows_costs_no_memory_for_each_row()
    {
        (List<ImportRow> rows, long allocated) = Read(Header + "good,,,,\n\"\n" + Repeat(",,,,\n", 400_000) + "x\"y,,,,\n");

        Assert.Equal(2, rows.Count);
        Assert.Null(rows[0].Error);
        Assert.Contains("quote", rows[1].Error, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 100 << 20);
    }

    [Fact]
    public void The_rows_behind_an_open_quote_are_read_as_they_are_asked_for()
    {
        (List<ImportRow> rows, long allocated) = Read(Header + "good,,,,\n\"open,,,,\n" + Repeat("name,password,,,notes\n", 200_000), take: 4);

        Assert.Equal([null, "a quote is opened and not closed", null, null], rows.Select(row => row.Error));
        Assert.Equal([1L, 2, 3, 4], rows.Select(row => row.Number));
        Assert.Equal([2L, 3, 4, 5], rows.Select(row => row.Line));
        Assert.InRange(allocated, 0, 100 << 20);
    }

    [Fact]
    public void All_rows_behind_an_open_quote_are_read()
    {
        (List<ImportRow> rows, _) = Read(Header + "\"open,,,,\n" + Repeat("name,password,,,notes\n", 20_000));

        Assert.Equal(20_001, rows.Count);
        Assert.Single(rows, row => row.Error is not null);
        Assert.Equal(20_002, rows[^1].Line);
    }

    [Fact]
    public void A_line_of_separators_alone_takes_no_memory_for_all_of_them()
    {
        (List<ImportRow> rows, long allocated) = Read(Header + "good,,,,\n" + new string(',', 60 << 20) + "\n");

        Assert.Equal([null, "longer than any entry"], rows.Select(row => row.Error?[6..27]));
        Assert.InRange(allocated, 0, 400 << 20);
    }

    private static (List<ImportRow> Rows, long Allocated) Read(string file, int take = int.MaxValue)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(file));
        long before = GC.GetAllocatedBytesForCurrentThread();
        List<ImportRow> rows = [.. ImportSource.Read(stream, "x.csv", new ImportOptions(), CancellationToken.None).Take(take)];
        return (rows, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Repeat(string row, int times) => new StringBuilder().Insert(0, row, times).ToString();
}
