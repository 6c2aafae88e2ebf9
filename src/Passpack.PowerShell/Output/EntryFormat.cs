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

    /// <summary>Bitwarden's JSON, or its zip with attachments.</summary>
    Bitwarden,

    /// <summary>Bitwarden's JSON, encrypted by a password.</summary>
    BitwardenEncrypted,

    /// <summary>Bitwarden's CSV.</summary>
    BitwardenCsv,

    /// <summary>A KeePass database: KDBX 3.1, 4.0 or 4.1.</summary>
    Kdbx,

    /// <summary>KeePass 2 XML.</summary>
    KeePassXml,

    /// <summary>KeePassXC's CSV.</summary>
    KeePassXCCsv,

    /// <summary>1Password's 1PUX.</summary>
    OnePassword,

    /// <summary>1Password's CSV.</summary>
    OnePasswordCsv,

    /// <summary>LastPass's CSV.</summary>
    LastPass,

    /// <summary>The CSV of Chrome, Edge, Brave, Opera and Vivaldi.</summary>
    Chrome,

    /// <summary>Firefox's CSV.</summary>
    Firefox,

    /// <summary>The CSV of Safari and Apple Passwords.</summary>
    Safari,

    /// <summary>Keeper's JSON.</summary>
    Keeper,

    /// <summary>Keeper's CSV.</summary>
    KeeperCsv,

    /// <summary>Dashlane's zip of CSV files, or one of them.</summary>
    Dashlane,

    /// <summary>Proton Pass's zip, or the JSON in it.</summary>
    ProtonPass,

    /// <summary>Proton Pass's CSV.</summary>
    ProtonPassCsv,

    /// <summary>The Credential Exchange Format of the FIDO Alliance, 1.0.</summary>
    Cxf,

    /// <summary>A page to print; only written.</summary>
    Html,

    /// <summary>A vault of SecretManagement, which is no file; only read.</summary>
    SecretVault,
}

internal static class EntryFormats
{
    public static EntryFileFormat ToCore(this EntryFormat format) => EnumMap.To<EntryFormat, EntryFileFormat>(format);

    public static EntryFormat ToView(this EntryFileFormat format) => EnumMap.To<EntryFileFormat, EntryFormat>(format);

    /// <summary>The format that -Format names, in full or by the start that it alone has. Null if none is named.</summary>
    /// <remarks>The parameter is a text, because PowerShell would complete an enum with names alone, and with those of the other cmdlet.</remarks>
    /// <exception cref="PasspackException">InvalidArgument: it is none that the cmdlet knows.</exception>
    public static EntryFormat? Of(string? name, IReadOnlyList<FormatInfo> known)
    {
        if (name is null)
            return null;
        EntryFileFormat[] formats = [.. known.Select(format => format.Format).Where(format => format.ToString().StartsWith(name,
            StringComparison.OrdinalIgnoreCase))];
        EntryFileFormat[] exact = [.. formats.Where(format => format.ToString().Equals(name, StringComparison.OrdinalIgnoreCase))];
        return exact.Length == 1 ? exact[0].ToView()
            : formats.Length == 1 && name.Length > 0 ? formats[0].ToView()
            : throw ErrorRecords.Invalid($"-Format is one of {string.Join(", ", known.Select(format => format.Format))}.", name);
    }

    /// <summary>The format that a file's name asks for; null if its ending says none.</summary>
    public static EntryFormat? OfName(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".JSON" => EntryFormat.Json,
        ".TSV" or ".TAB" => EntryFormat.ClassicTab,
        ".CSV" or ".TXT" => EntryFormat.Csv,
        ".KDBX" => EntryFormat.Kdbx,
        ".HTML" or ".HTM" => EntryFormat.Html,
        _ => null,
    };
}
