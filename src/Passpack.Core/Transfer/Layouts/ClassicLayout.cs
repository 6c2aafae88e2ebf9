using System.Text.Unicode;

namespace Passpack.Transfer.Layouts;

/// <summary>A column of a classic export. The exporting user chose the columns and their order.</summary>
public enum ClassicColumn
{
    /// <summary>The Entry Name.</summary>
    Name,

    /// <summary>The User ID.</summary>
    UserId,

    /// <summary>The Password.</summary>
    Password,

    /// <summary>The URL.</summary>
    Link,

    /// <summary>The tags, a word each.</summary>
    Tags,

    /// <summary>The Notes.</summary>
    Notes,

    /// <summary>The Email.</summary>
    Email,

    /// <summary>Any other column: not imported, and exported empty.</summary>
    Skip,
}

/// <summary>
/// The layout of Passpack's classic export: up to seven columns by position, without a header unless somebody added one, separated by commas or
/// tabs; tags are words separated by spaces.
/// </summary>
public static class ClassicLayout
{
    // With fewer columns a file is not recognised by its content: these are Passpack's documented columns up to the tags.
    private const int RecognizedColumns = 5;

    private static readonly FileLayout[] s_layouts =
        [new(EntryFileFormat.ClassicCsv), new(EntryFileFormat.ClassicTab, '\t'), new(EntryFileFormat.ClassicCsv, ';')];

    private static readonly Dictionary<string, ClassicColumn> s_byName = Enum.GetValues<ClassicColumn>()
        .Where(column => column != ClassicColumn.Skip)
        .Select(column => KeyValuePair.Create(column.ToString(), column))
        .Append(KeyValuePair.Create("Url", ClassicColumn.Link))
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The columns in the order of Passpack's screen.</summary>
    public static IReadOnlyList<ClassicColumn> DefaultOrder { get; } =
    [
        ClassicColumn.Name, ClassicColumn.UserId, ClassicColumn.Password, ClassicColumn.Link, ClassicColumn.Tags, ClassicColumn.Notes, ClassicColumn.Email,
    ];

    /// <summary>Refuses an invalid order of columns.</summary>
    /// <exception cref="ArgumentException">The name is not among the columns, or one of them is there twice.</exception>
    public static void Check(IReadOnlyList<ClassicColumn> order)
    {
        if (!order.Contains(ClassicColumn.Name))
            throw new ArgumentException("The order of the columns lacks Name, which every entry needs.", nameof(order));
        if (order.Where(column => column != ClassicColumn.Skip).GroupBy(column => column).FirstOrDefault(same => same.Count() > 1) is { Key: var twice })
            throw new ArgumentException($"The order of the columns has {twice} twice.", nameof(order));
    }

    /// <summary>Whether a format is one of the classic layouts.</summary>
    public static bool Is(EntryFileFormat format) => format is EntryFileFormat.ClassicCsv or EntryFileFormat.ClassicTab;

    /// <summary>The name of a column in a header.</summary>
    internal static string Title(ClassicColumn column) => column == ClassicColumn.Skip ? "" : column.ToString().ToLowerInvariant();

    internal static char Separator(EntryFileFormat format) => format == EntryFileFormat.ClassicTab ? '\t' : ',';

    internal static EntryColumn? Meaning(ClassicColumn column) => column switch
    {
        ClassicColumn.Name => EntryColumn.EntryName,
        ClassicColumn.Link => EntryColumn.Url,
        ClassicColumn.Skip => null,
        _ => Enum.Parse<EntryColumn>(column.ToString()),
    };

    /// <summary>The meaning of each field of a header. Null if the line is no header. A header has Name and one more known column.</summary>
    internal static ClassicColumn?[]? ReadHeader(IReadOnlyList<string> fields)
    {
        ClassicColumn?[] columns = [.. fields.Select(Find)];
        return columns.Contains(ClassicColumn.Name) && columns.Count(column => column is not null) >= 2 ? columns : null;
    }

    internal static IReadOnlyList<string> ReadTags(string cell) => cell.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The Tags cell. In a tag of several words, the spaces become <c>-</c>, so that it stays one tag.</summary>
    internal static string WriteTags(IReadOnlyList<string> tags) => string.Join(' ', tags.Select(tag => string.Join('-', ReadTags(tag))));

    internal static bool Holds(string tag) => tag.Length > 0 && !tag.Any(char.IsWhiteSpace);

    /// <summary>The classic layout that the start of a file is in. Null if none is certain.</summary>
    /// <param name="start">UTF-8.</param>
    /// <param name="isWhole">Whether the start is the whole file.</param>
    /// <param name="said">The format that the user named; then only the separator is detected.</param>
    /// <param name="order">The columns that the user named; then the file counts as a classic layout.</param>
    internal static FileLayout? Recognize(byte[] start, bool isWhole, EntryFileFormat? said, IReadOnlyList<ClassicColumn>? order)
    {
        if (start.Contains((byte)0) || isWhole && !Utf8.IsValid(start))
            return null;
        foreach (FileLayout layout in s_layouts.Where(layout => said is null || layout.Format == said))
        {
            CsvSample sample = CsvSample.Take(start, isWhole, layout.Separator);
            if (sample is not { IsBroken: false, Records: [{ } first, ..] records })
                continue;
            if (order is not null ? first.Length == order.Count : said is not null ? first.Length > 1 : IsCertain(records))
                return layout with { IsPadded = sample.IsPadded };
        }
        return null;
    }

    private static bool IsCertain(IReadOnlyList<string[]> records)
    {
        if (ReadHeader(records[0]) is { } header)
            return !header.Contains(null);
        // Without a header, the fields must look like Passpack's columns in Passpack's order; otherwise the file could be anything.
        int columns = records[0].Length;
        return columns >= RecognizedColumns && columns <= DefaultOrder.Count
            && !ForeignHeader.Is(records[0])
            && records.All(record => record.Length == columns && record[0].Length > 0 && IsLink(record[3]) && IsTags(record[4], columns)
                && (columns < DefaultOrder.Count || IsEmail(record[6])))
            && records.Any(record => record[3].Contains("://", StringComparison.Ordinal) || columns == DefaultOrder.Count && record[6].Length > 0);
    }

    private static bool IsLink(string field) =>
        field.Length == 0 || !field.Any(char.IsWhiteSpace)
        && (field.Contains("://", StringComparison.Ordinal) || field.Contains('.', StringComparison.Ordinal));

    // In a file of five columns the last could be notes of another program: only a single word is certainly a tag.
    private static bool IsTags(string field, int columns) =>
        !field.Contains('\n', StringComparison.Ordinal) && (columns > RecognizedColumns || ReadTags(field).Count <= 1);

    private static bool IsEmail(string field) => field.Length == 0 || field.Contains('@', StringComparison.Ordinal);

    private static ClassicColumn? Find(string name) =>
        s_byName.TryGetValue(name.Replace(" ", "", StringComparison.Ordinal), out ClassicColumn column) ? column : null;
}
