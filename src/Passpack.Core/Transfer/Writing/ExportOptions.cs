using Passpack.Packing.Records;

namespace Passpack.Transfer.Writing;

/// <summary>How to export.</summary>
public sealed record ExportOptions
{
    /// <summary>Options of a classic layout.</summary>
    public ClassicOptions Classic { get; init; } = new();

    /// <summary>What encrypts the file, in UTF-8, if the format is encrypted. Null for the others.</summary>
    public SecretBytes? Key { get; init; }

    /// <summary>Whether an entry that the format cannot hold whole stops the export.</summary>
    public bool Strict { get; init; }

    /// <summary>Called at the end, with the parts of entries that the format cannot hold.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Whether a page to print shows no secrets.</summary>
    public bool MaskSecrets { get; init; }

    /// <summary>Whether cells of CSV that a spreadsheet would run are guarded by an apostrophe.</summary>
    public bool SafeForSpreadsheet { get; init; }

    /// <summary>The clock, for formats that tell when they were made.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
