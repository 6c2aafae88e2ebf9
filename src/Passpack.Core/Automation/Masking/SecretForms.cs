using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Passpack.Automation.Masking;

/// <summary>
/// The forms in which programs print a secret: as it is, line by line, escaped for JSON or for URLs, and in Base64, also where it is a part of what was
/// encoded.
/// </summary>
internal static class SecretForms
{
    /// <summary>The least characters of a secret, and bytes of a form: shorter ones would be found everywhere.</summary>
    public const int Least = 4;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Of System.Text.Json: everything but a few letters escaped; only what JSON demands; and the latter, with all but ASCII escaped, as Python does.
    private static readonly JavaScriptEncoder[] s_json =
    [
        JavaScriptEncoder.Default, JavaScriptEncoder.UnsafeRelaxedJsonEscaping, JavaScriptEncoder.Create(UnicodeRanges.BasicLatin),
    ];

    // What an escaper leaves as it is besides letters, digits and -._: that of RFC 3986, JavaScript's encodeURIComponent, Python's quote, encodeURI, .NET's
    // and the browsers' for forms.
    private static readonly string[] s_leftInUrls = ["~", "~!*'()", "~/", "~!*'();/?:@&=+$,#", "!*()", "*"];

    /// <summary>Whether a secret is long enough to be looked for.</summary>
    public static bool IsLongEnough(ReadOnlySpan<byte> secret) => TextOf(secret) is { } text ? text.Length >= Least : secret.Length >= Least;

    /// <summary>All forms, some more than once. Empty if the secret is too short. The caller zeroes them.</summary>
    public static IEnumerable<byte[]> Of(byte[] secret)
    {
        if (!IsLongEnough(secret))
            return [];
        IEnumerable<byte[]> all = TextOf(secret) is { } text ? OfText(text) : [[.. secret], .. UrlEscaped(secret), .. Base64(secret)];
        return all.Where(form => form.Length >= Least);
    }

    private static string? TextOf(ReadOnlySpan<byte> secret)
    {
        try
        {
            return s_strict.GetString(secret);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static IEnumerable<byte[]> OfText(string text)
    {
        // Shells take line breaks at the end away, and spaces around.
        foreach (string whole in new[] { text, text.TrimEnd('\r', '\n'), text.Trim() }.Distinct().Where(whole => whole.Length >= Least))
        {
            foreach (byte[] form in Escaped(whole).Concat(Base64(Encoding.UTF8.GetBytes(whole))))
                yield return form;
        }
        string[] lines = text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        foreach (string line in lines.Concat(lines.Select(line => line.Trim())).Where(line => lines.Length > 1 && line.Length >= Least).Distinct())
        {
            foreach (byte[] form in Escaped(line))
                yield return form;
        }
    }

    private static IEnumerable<byte[]> Escaped(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return JsonEscaped(text).Distinct().Select(Encoding.UTF8.GetBytes).Concat(UrlEscaped(bytes)).Append(bytes);
    }

    private static IEnumerable<string> JsonEscaped(string text)
    {
        yield return LeastEscaped(text);
        yield return LeastEscaped(text).Replace("/", "\\/", StringComparison.Ordinal);
        foreach (JavaScriptEncoder encoder in s_json)
        {
            string escaped = JsonEncodedText.Encode(text, encoder).Value;
            yield return escaped;
            // Others write the digits of escapes in small letters, and quotes in short; Go escapes fewer signs, Python none.
            string small = SmallDigits(escaped).Replace("\\u0022", "\\\"", StringComparison.Ordinal);
            yield return SmallDigits(escaped);
            yield return small;
            yield return Unescape(small, "'+`");
            yield return Unescape(small, "'+`&<>\u007f");
        }
    }

    private static string Unescape(string escaped, string signs) => signs.Aggregate(escaped,
        (text, sign) => text.Replace($"\\u{(int)sign:x4}", sign.ToString(), StringComparison.Ordinal));

    // What RFC 8259, section 7, demands.
    private static string LeastEscaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => escaped.Append('\\').Append(c),
                '\b' => escaped.Append("\\b"),
                '\f' => escaped.Append("\\f"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                < ' ' => escaped.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => escaped.Append(c),
            };
        }
        return escaped.ToString();
    }

    private static string SmallDigits(string escaped)
    {
        char[] text = escaped.ToCharArray();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
                continue;
            if (i + 5 < text.Length && text[i + 1] == 'u')
            {
                for (int digit = i + 2; digit < i + 6; digit++)
                    text[digit] = char.ToLowerInvariant(text[digit]);
            }
            i++; // What is escaped may be a backslash.
        }
        return new string(text);
    }

    private static IEnumerable<byte[]> UrlEscaped(byte[] bytes)
    {
        foreach (string left in s_leftInUrls)
        {
            foreach (string digits in new[] { "0123456789ABCDEF", "0123456789abcdef" })
            {
                yield return UrlEscaped(bytes, left, digits, "%20");
                if (bytes.Contains((byte)' '))
                    yield return UrlEscaped(bytes, left, digits, "+");
            }
        }
    }

    private static byte[] UrlEscaped(byte[] bytes, string left, string digits, string space)
    {
        var escaped = new StringBuilder(bytes.Length);
        foreach (byte one in bytes)
        {
            char c = (char)one;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' || (c < 0x80 && left.Contains(c, StringComparison.Ordinal)))
                escaped.Append(c);
            else if (c == ' ')
                escaped.Append(space);
            else
                escaped.Append('%').Append(digits[one >> 4]).Append(digits[one & 15]);
        }
        return Encoding.ASCII.GetBytes(escaped.ToString());
    }

    // Of each alignment, the characters that the secret alone decides, whatever stands before and behind it, and those at the end of what was encoded.
    private static IEnumerable<byte[]> Base64(byte[] bytes)
    {
        for (int before = 0; before < 3; before++)
        {
            string encoded = Convert.ToBase64String([.. new byte[before], .. bytes]);
            int mixed = before == 0 ? 0 : before + 1, decided = (before + bytes.Length) * 8 / 6;
            foreach (string form in new[] { encoded[mixed..decided], encoded[mixed..], encoded[mixed..].TrimEnd('=') })
            {
                yield return Encoding.ASCII.GetBytes(form);
                yield return Encoding.ASCII.GetBytes(form.Replace('+', '-').Replace('/', '_'));
            }
        }
    }
}
