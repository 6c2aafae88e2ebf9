using CsvHelper;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Writing;

/// <summary>How to write a classic layout.</summary>
public sealed record ClassicOptions
{
    /// <summary>The columns.</summary>
    public IReadOnlyList<ClassicColumn> ColumnOrder { get; init; } = ClassicLayout.DefaultOrder;

    /// <summary>Whether the first line names them.</summary>
    public bool Header { get; init; }

    /// <summary>Called once, with the parts of entries that the layout cannot hold.</summary>
    public Action<string>? Warn { get; init; }
}

/// <summary>Writes a classic layout as Passpack's did: fields quoted where they need it, LF after every record, UTF-8 without byte order mark.</summary>
internal sealed class ClassicWriter : IEntryWriter
{
    private readonly CsvWriter _csv;
    private readonly ClassicOptions _options;
    private long _withMore;
    private long _withTags;

    public ClassicWriter(Stream stream, EntryFileFormat format, ClassicOptions options)
    {
        ClassicLayout.Check(options.ColumnOrder);
        _options = options;
        _csv = CsvWriter.Create(stream, CsvWriterOptions.Default with { Separator = ClassicLayout.Separator(format), NewLine = "\n" }, leaveOpen: true);
        if (!options.Header)
            return;
        foreach (ClassicColumn column in options.ColumnOrder)
            _csv.WriteField(ClassicLayout.Title(column));
        _csv.EndRecord();
    }

    public void Write(FullEntry entry)
    {
        foreach (ClassicColumn column in _options.ColumnOrder)
        {
            string field = column switch
            {
                ClassicColumn.Name => entry.Summary.Name,
                ClassicColumn.UserId => entry.Summary.UserId,
                ClassicColumn.Password => entry.Secret.Password,
                ClassicColumn.Link => entry.Summary.Url,
                ClassicColumn.Tags => ClassicLayout.WriteTags(entry.Summary.Tags),
                ClassicColumn.Notes => entry.Secret.Notes,
                ClassicColumn.Email => entry.Summary.Email,
                _ => "",
            };
            // Quoted, because at the start of the file it would be read as a byte order mark.
            _csv.WriteField(field, field.StartsWith('\uFEFF') ? CsvQuoting.Always : CsvQuoting.WhenNeeded);
        }
        _csv.EndRecord();
        if (entry.Secret.SharedNotes.Length > 0 || entry.Secret.ExtraFields.Count > 0)
            _withMore++;
        if (_options.ColumnOrder.Contains(ClassicColumn.Tags) && !entry.Summary.Tags.All(ClassicLayout.Holds))
            _withTags++;
    }

    public void Complete()
    {
        _csv.Flush();
        if (_withMore > 0)
        {
            _options.Warn?.Invoke($"Shared Notes or Extra Fields of {Entries(_withMore)} are not in the file: " +
                "a classic layout has no place for them. Csv and Json do.");
        }
        if (_withTags > 0)
        {
            _options.Warn?.Invoke($"Tags with spaces in them, of {Entries(_withTags)}, are written with '-' in their place: " +
                "in a classic layout every word is a tag.");
        }
    }

    public void Dispose() => _csv.Dispose();

    private static string Entries(long count) => count == 1 ? "1 entry" : $"{count:N0} entries";
}
