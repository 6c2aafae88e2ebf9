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

    public ModernCsvWriter(Stream stream, TargetLosses losses)
    {
        _losses = losses;
        _csv = CsvWriter.Create(stream, CsvWriterOptions.Default with { Quoting = CsvQuoting.Always }, leaveOpen: true);
        foreach (string column in ModernLayout.Columns)
            _csv.WriteField(column);
        _csv.EndRecord();
    }

    public static TargetFormat Target { get; } = new(EntryFileFormat.Csv, "Passpack")
    {
        Open = (stream, _, losses) => new ModernCsvWriter(stream, losses),
        Losses = [s_type, s_expires],
    };

    public void Write(FullEntry full)
    {
        _losses.Tell(s_type, full.Summary.Type != EntryTypes.Login);
        _losses.Tell(s_expires, full.Summary.Expires is not null);
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
