using CsvHelper;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Writing;

/// <summary>
/// Writes Passpack's modern CSV exactly as Passpack does, because other programs read that form: every field quoted, CRLF after every record, UTF-8
/// without byte order mark, text verbatim (line breaks inside, outer spaces, a leading <c>=</c>).
/// </summary>
internal sealed class ModernCsvWriter : IEntryWriter
{
    private static readonly TargetLoss s_type = new("Type"), s_expires = new("Expires");

    private readonly CsvWriter _csv;
    private readonly TargetLosses _losses;
    private readonly bool _isGuarded;

    public ModernCsvWriter(Stream stream, ExportOptions options, TargetLosses losses)
    {
        _losses = losses;
        _isGuarded = options.SafeForSpreadsheet;
        _csv = CsvWriter.Create(stream, CsvWriterOptions.Default with { Quoting = CsvQuoting.Always }, leaveOpen: true);
        foreach (string column in ModernLayout.Columns)
            _csv.WriteField(column);
        _csv.EndRecord();
    }

    public static TargetFormat Target { get; } = new(EntryFileFormat.Csv, "Passpack")
    {
        Open = (stream, options, losses) => new ModernCsvWriter(stream, options, losses),
        Losses = [s_type, s_expires],
    };

    public void Write(FullEntry full)
    {
        _losses.Tell(s_type, full.Summary.Type != EntryTypes.Login);
        _losses.Tell(s_expires, full.Summary.Expires is not null);
        var entry = ExportedEntry.From(full);
        WriteCell(entry.EntryName);
        WriteCell(entry.Url);
        WriteCell(entry.UserId);
        WriteCell(entry.Password);
        WriteCell(entry.Notes);
        WriteCell(entry.SharedNotes);
        WriteCell(entry.Tags);
        WriteCell(entry.ExtraFields);
        WriteCell(entry.Email);
        _csv.EndRecord();
    }

    private void WriteCell(string cell) => _csv.WriteField(_isGuarded ? SpreadsheetGuard.Add(cell) : cell);

    public void Complete() => _csv.Flush();

    public void Dispose() => _csv.Dispose();
}
