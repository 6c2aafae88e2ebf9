namespace Passpack.Protocol;

/// <summary>
/// Bytes are not of the form that a <see cref="RecordMessage"/> has. The words are this product's own; they complete "its answer ..." and "the body ...".
/// </summary>
public sealed class RecordFormatException : FormatException
{
    /// <summary>With what is wrong.</summary>
    public RecordFormatException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Whether the one fault is that a record is larger than <see cref="Limits.RecordBodyBytes"/>.</summary>
    public bool IsRecordTooLarge { get; init; }
}
