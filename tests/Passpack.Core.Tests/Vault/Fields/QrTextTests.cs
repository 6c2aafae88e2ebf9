using Passpack.Vault.Fields;
using ZXing;
using ZXing.Common;
using ZXing.QrCode;

namespace Passpack.Core.Tests.Vault.Fields;

/// <summary>QR codes in characters, read back by another library.</summary>
public sealed class QrTextTests
{
    private const int Pixels = 4;

    [Theory]
    [InlineData("otpauth://totp/Example:anna@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Example")]
    [InlineData("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA&digits=8")]
    public void A_scanner_reads_what_was_written(string text)
    {
        IReadOnlyList<string> lines = QrText.Write(text)!;
        int width = lines[0].Length;
        Assert.All(lines, line => Assert.Equal(width, line.Length));
        // Two rows of the code are a line, so its height is the width, or one more.
        byte[] image = new byte[width * Pixels * lines.Count * 2 * Pixels];
        for (int y = 0; y < lines.Count * 2 * Pixels; y++)
        {
            for (int x = 0; x < width * Pixels; x++)
            {
                char drawn = lines[y / Pixels / 2][x / Pixels];
                bool light = drawn == '█' || drawn == (y / Pixels % 2 == 0 ? '▀' : '▄');
                image[y * width * Pixels + x] = light ? byte.MaxValue : (byte)0;
            }
        }
        var source = new RGBLuminanceSource(image, width * Pixels, lines.Count * 2 * Pixels, RGBLuminanceSource.BitmapFormat.Gray8);
        // The picture is the code and nothing else: without this, the reader first looks for a code in a photograph.
        var hints = new Dictionary<DecodeHintType, object> { [DecodeHintType.PURE_BARCODE] = true };
        Assert.Equal(text, new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(source)), hints)?.Text);
    }

    [Fact]
    public void A_text_that_no_code_holds_gives_none() => Assert.Null(QrText.Write(new string('x', 5000)));
}
