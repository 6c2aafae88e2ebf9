using Passpack.Transfer.Writing;

namespace Passpack.Transfer.Layouts;

/// <summary>The formats that entries are imported from and exported to.</summary>
public enum EntryFileFormat
{
    /// <summary>Passpack's modern CSV.</summary>
    Csv,

    /// <summary>An array of <see cref="ExportedEntry"/>.</summary>
    Json,

    /// <summary>Passpack's classic layout (<see cref="ClassicLayout"/>), separated by commas.</summary>
    ClassicCsv,

    /// <summary>The same, separated by tabs.</summary>
    ClassicTab,
}
