using System.Text;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Reading;

/// <summary>
/// A text in another encoding as UTF-8. Half a surrogate pair is an error: a decoder would put another character in its place, and a password would be
/// changed in silence.
/// </summary>
/// <param name="stream">The text.</param>
/// <param name="encoding">Its encoding, which throws for invalid bytes.</param>
/// <param name="source">How messages name it.</param>
internal sealed class TranscodedStream(Stream stream, Encoding encoding, string source) : ForwardStream
{
    private readonly Stream _utf8 = Encoding.CreateTranscodingStream(stream, encoding, Encoding.UTF8);

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _utf8.Read(buffer);
        }
        catch (DecoderFallbackException) // Its message quotes bytes.
        {
            throw FileLayout.NotRecognized(source, "it is UTF-16 in which half a character stands alone, or binary; save the file as UTF-8");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _utf8.Dispose();
        base.Dispose(disposing);
    }
}
