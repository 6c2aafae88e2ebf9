using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

public sealed class SpreadsheetGuardTests
{
    [Fact]
    public void Taking_the_guard_away_gives_exactly_what_was_there() => Prop.ForAll(Texts.ToArbitrary(), text =>
        SpreadsheetGuard.Remove(SpreadsheetGuard.Add(text)) == text && (text.Length == 0 || !"=+-@\t\r\n".Contains(SpreadsheetGuard.Add(text)[0], StringComparison.Ordinal)))
        .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("=1+1", "'=1+1"), InlineData("+49", "'+49"), InlineData("-", "'-"), InlineData("@a", "'@a"), InlineData("\tx", "'\tx"), InlineData("\rx", "'\rx")]
    [InlineData("'it", "''it"), InlineData("'", "''"), InlineData("＝1", "'＝1"), InlineData("a=1", "a=1"), InlineData("", ""), InlineData(" =1", " =1")]
    public void A_cell_that_would_run_or_begins_with_the_guard_is_guarded(string cell, string guarded) => Assert.Equal(guarded, SpreadsheetGuard.Add(cell));

    [Theory]
    [InlineData(EntryFileFormat.Csv), InlineData(EntryFileFormat.ClassicCsv), InlineData(EntryFileFormat.ClassicTab)]
    public void No_cell_of_a_guarded_export_runs_and_its_import_gives_the_entries_back(EntryFileFormat format)
    {
        FullEntry entry = Entry("=cmd|'/c calc'!A1", new EntrySecret { Password = "'+secret", Notes = "-1" });
        entry = entry with { Summary = entry.Summary with { UserId = "@sum", Url = "plain" } };
        var stream = new MemoryStream();
        EntryExporter.Write([entry], stream, format, new ExportOptions { SafeForSpreadsheet = true });
        string text = Encoding.UTF8.GetString(stream.ToArray());
        Assert.All(["'=cmd", "''+secret", "'-1", "'@sum"], cell => Assert.Contains(cell, text, StringComparison.Ordinal));

        ImportRow Import(bool isSafe) => Assert.Single(ImportSource.Read(new MemoryStream(stream.ToArray()), "x", new ImportOptions { Format = format, SafeForSpreadsheet = isSafe },
            CancellationToken.None));

        Assert.Equal(("=cmd|'/c calc'!A1", "'+secret", "-1", "@sum", "plain"),
            (Import(true).Values!.Name, Import(true).Values!.Password, Import(true).Values!.Notes, Import(true).Values!.UserId, Import(true).Values!.Url));
        Assert.Equal("'=cmd|'/c calc'!A1", Import(false).Values!.Name); // Without being told, nothing is taken away.
    }
}
