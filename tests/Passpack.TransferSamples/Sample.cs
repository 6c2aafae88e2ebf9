using System.Text;

namespace Passpack.TransferSamples;

/// <summary>A file as another program exports it.</summary>
/// <param name="File">Its name; the expected rows are in <c>Expected/</c> under it and <c>.json</c>.</param>
/// <param name="Format">The id of its format, which the content alone has to tell.</param>
/// <param name="Make">Makes it.</param>
public sealed record Sample(string File, string Format, Func<byte[]> Make)
{
    /// <summary>Its key. Null if it is not encrypted.</summary>
    public string? Key { get; init; }

    /// <summary>Makes the content of its key file. Null if it has none.</summary>
    public Func<byte[]>? KeyFile { get; init; }

    /// <summary>Whether more than one format fits the content, so that the user has to say which.</summary>
    public bool IsAmbiguous { get; init; }

    /// <summary>A sample of text, in UTF-8.</summary>
    public static Sample OfText(string file, string format, string text) => new(file, format, () => Encoding.UTF8.GetBytes(text));

    public override string ToString() => File;
}
