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
}

/// <summary>Writes a classic layout as Passpack's did: fields quoted where they need it, LF after every record, UTF-8 without byte order mark.</summary>
internal sealed class ClassicWriter : IEntryWriter
{
    private static readonly TargetLoss s_sharedNotes = new("Shared Notes"), s_extraFields = new("Extra Fields");
    private static readonly TargetLoss s_tags = new("tags with spaces in them", "one word, with '-' in their place, because every word is a tag there");

    private readonly CsvWriter _csv;
    private readonly ClassicOptions _options;
    private readonly TargetLosses _losses;
    private readonly bool _isGuarded;

    private ClassicWriter(Stream stream, EntryFileFormat format, ClassicOptions options, bool isGuarded, TargetLosses losses)
    {
        _losses = losses;
        _isGuarded = isGuarded;
        ClassicLayout.Check(options.ColumnOrder);
        _options = options;
        _csv = CsvWriter.Create(stream, CsvWriterOptions.Default with { Separator = ClassicLayout.Separator(format), NewLine = "\n" }, leaveOpen: true);
        if (!options.Header)
            return;
        foreach (ClassicColumn column in options.ColumnOrder)
            _csv.WriteField(ClassicLayout.Title(column));
        _csv.EndRecord();
    }

    /// <summary>The place of a classic layout in the table.</summary>
    public static TargetFormat Target(EntryFileFormat format) => new(format, "classic Passpack")
    {
        Open = (stream, options, losses) => new ClassicWriter(stream, format, options.Classic, options.SafeForSpreadsheet, losses),
        Losses = [s_sharedNotes, s_extraFields, s_tags],
    };

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
            if (_isGuarded)
                field = SpreadsheetGuard.Add(field);
            // Quoted, because at the start of the file it would be read as a byte order mark.
            _csv.WriteField(field, field.StartsWith('\uFEFF') ? CsvQuoting.Always : CsvQuoting.WhenNeeded);
        }
        _csv.EndRecord();
        _losses.Tell(s_sharedNotes, entry.Secret.SharedNotes.Length > 0);
        _losses.Tell(s_extraFields, entry.Secret.ExtraFields.Count > 0);
        _losses.Tell(s_tags, _options.ColumnOrder.Contains(ClassicColumn.Tags) && !entry.Summary.Tags.All(ClassicLayout.Holds));
    }

    public void Complete() => _csv.Flush();

    public void Dispose() => _csv.Dispose();
}
