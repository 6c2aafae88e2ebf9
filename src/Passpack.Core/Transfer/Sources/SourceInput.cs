using Passpack.Protocol;

namespace Passpack.Transfer.Sources;

/// <summary>A file of another program, and what its owner says of it.</summary>
internal sealed class SourceInput
{
    /// <summary>How messages name the file: its path.</summary>
    public required string Name { get; init; }

    /// <summary>The whole file from its start; texts in UTF-8, without byte order mark. Read forward; need not be seekable.</summary>
    public required Stream Stream { get; init; }

    /// <summary>The file itself, if it can be read at any place; null if it is a pipe.</summary>
    public Stream? File { get; init; }

    /// <summary>The key of an encrypted source, in UTF-8. Null if none was given.</summary>
    public Packing.Records.SecretBytes? Key { get; init; }

    /// <summary>The content of the source's key file. Null if none was given.</summary>
    public byte[]? KeyFile { get; init; }

    /// <summary>Called for what is left out of the whole file without an error.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>The file from its start, to be read at any place.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SourceNotSupported"/>: it is a pipe.</exception>
    public Stream Seekable()
    {
        if (File is null)
            throw Error(ErrorCodes.SourceNotSupported, "this format is read at several places, so it cannot come through a pipe. Give a file");
        File.Position = 0;
        return File;
    }

    /// <summary>An error of the whole file.</summary>
    /// <param name="errorId">One of <see cref="ErrorCodes"/>.</param>
    /// <param name="reason">What is wrong, where in the file, and the way on; without the file's name and the full stop. Never a value of the file.</param>
    public PasspackException Error(string errorId, string reason) => new(errorId, $"{Name}: {reason}.") { Target = Name };

    /// <summary>The error for a file that ends too early or contradicts itself.</summary>
    public PasspackException Damaged(string where) =>
        Error(ErrorCodes.SourceDamaged, $"{where}; nothing of it can be read. Export it again, or take another copy");

    /// <summary>The error for an encrypted file without a key.</summary>
    public PasspackException KeyRequired(string what) =>
        Error(ErrorCodes.SourceKeyRequired, $"it is encrypted; give {what} with -SourceKey (Read-Host -AsSecureString)");

    /// <summary>The error for a key that does not open the file.</summary>
    public PasspackException KeyMismatch(string what) => Error(ErrorCodes.SourceKeyMismatch, $"{what} does not open it, or it was altered. " +
        "Nothing was imported");
}
