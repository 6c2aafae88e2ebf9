using CsvHelper;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Writing;

/// <summary>
/// Writes Passpack's modern CSV exactly as Passpack does, because other programs read that form: every field quoted, CRLF after every record, UTF-8
/// without byte order mark, text verbatim (line breaks inside, outer spaces, a leading <c>=</c>).
/// </summary>
internal sealed class ModernCsvWriter : IEntryWriter
{
    private readonly CsvWriter _csv;

    public ModernCsvWriter(Stream stream)
    {
        _csv = CsvWriter.Create(stream, CsvWriterOptions.Default with { Quoting = CsvQuoting.Always }, leaveOpen: true);
        foreach (string column in ModernLayout.Columns)
            _csv.WriteField(column);
        _csv.EndRecord();
    }

    public void Write(FullEntry full)
    {
        var entry = ExportedEntry.From(full);
        _csv.WriteField(entry.EntryName);
        _csv.WriteField(entry.Url);
        _csv.WriteField(entry.UserId);
        _csv.WriteField(entry.Password);
        _csv.WriteField(entry.Notes);
        _csv.WriteField(entry.SharedNotes);
        _csv.WriteField(entry.Tags);
        _csv.WriteField(entry.ExtraFields);
        _csv.WriteField(entry.Email);
        _csv.EndRecord();
    }

    public void Complete() => _csv.Flush();

    public void Dispose() => _csv.Dispose();
}
