using System.Collections;
using System.Text;
using QRCoder;

namespace Passpack.Vault.Fields;

/// <summary>A QR code in characters: two rows of it a line, because a character is about twice as high as wide.</summary>
public static class QrText
{
    /// <summary>The lines, with the light margin that scanners need: what is light is drawn, as for a dark terminal. Null if the text is too long.</summary>
    public static IReadOnlyList<string>? Write(string text)
    {
        try
        {
            using var generator = new QRCodeGenerator();
            using QRCodeData code = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.M);
            return [.. Lines(code.ModuleMatrix)];
        }
        catch (QRCoder.Exceptions.DataTooLongException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Lines(List<BitArray> rows)
    {
        for (int y = 0; y < rows.Count; y += 2)
        {
            var line = new StringBuilder(rows.Count);
            for (int x = 0; x < rows.Count; x++)
            {
                bool top = !rows[y][x], bottom = y + 1 == rows.Count || !rows[y + 1][x];
                line.Append((top, bottom) switch { (true, true) => '█', (true, false) => '▀', (false, true) => '▄', _ => ' ' });
            }
            yield return line.ToString();
        }
    }
}
