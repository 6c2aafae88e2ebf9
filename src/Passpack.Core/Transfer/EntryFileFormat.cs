namespace Passpack.Transfer;

/// <summary>The formats that entries are imported from and exported to.</summary>
public enum EntryFileFormat
{
    /// <summary>Passpack's modern CSV.</summary>
    Csv,

    /// <summary>An array of <see cref="ExportedEntry"/>.</summary>
    Json,
}
