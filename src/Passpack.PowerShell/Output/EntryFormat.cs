using Passpack.Transfer.Layouts;

namespace Passpack.PowerShell;

/// <summary>A format of files of entries.</summary>
public enum EntryFormat
{
    /// <summary>Passpack's modern CSV.</summary>
    Csv,

    /// <summary>An array of JSON objects.</summary>
    Json,

    /// <summary>Passpack's classic layout, separated by commas.</summary>
    ClassicCsv,

    /// <summary>Passpack's classic layout, separated by tabs.</summary>
    ClassicTab,
}

internal static class EntryFormats
{
    public static EntryFileFormat ToCore(this EntryFormat format) => EnumMap.To<EntryFormat, EntryFileFormat>(format);

    public static EntryFormat ToView(this EntryFileFormat format) => EnumMap.To<EntryFileFormat, EntryFormat>(format);

    /// <summary>The format that a file's name asks for; null if its ending says none.</summary>
    public static EntryFormat? OfName(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".JSON" => EntryFormat.Json,
        ".TSV" or ".TAB" => EntryFormat.ClassicTab,
        ".CSV" or ".TXT" => EntryFormat.Csv,
        _ => null,
    };
}
