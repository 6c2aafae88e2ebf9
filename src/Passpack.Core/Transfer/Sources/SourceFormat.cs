using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources;

/// <summary>A format of another program: how a file of it is recognised, and read. The table of Importing has them all.</summary>
/// <param name="Format">Its id.</param>
/// <param name="Program">Whose it is, as messages name it.</param>
/// <param name="Description">What file it is, for completion and help.</param>
internal sealed record SourceFormat(EntryFileFormat Format, string Program, string Description)
{
    /// <summary>Whether a file that starts so is of this format.</summary>
    public required Func<SourceStart, bool> Fits { get; init; }

    /// <summary>
    /// The items, read as they are enumerated: a row each, in the file's order. An item that cannot be imported is a row with an error; an error of the
    /// whole file is thrown (<see cref="SourceInput.Error"/>).
    /// </summary>
    public required Func<SourceInput, CancellationToken, IEnumerable<ImportRow>> Read { get; init; }

    /// <summary>What opens an encrypted file, as messages name it ("the password of the export"). Null if the format is never encrypted.</summary>
    public string? Key { get; init; }

    /// <summary>Whether a real file of the program was read. Otherwise help says "by description, untried".</summary>
    public bool IsTried { get; init; }
}
