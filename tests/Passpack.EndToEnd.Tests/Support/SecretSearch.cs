using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>Looks for secrets in what a server saw: as they are, in every encoding that could carry them, and inside whatever is Base64.</summary>
internal static class SecretSearch
{
    // What is looked for at once is no longer than this; where that begins to show, the rest of the form is compared.
    private const int Start = 40;

    /// <summary>The secrets that show in some message; empty is how it has to be.</summary>
    public static IReadOnlyList<string> Find(IEnumerable<byte[]> seen, IEnumerable<(string Name, byte[] Secret)> secrets)
    {
        // As Latin-1 a byte is a character, and SearchValues looks for thousands of texts in one pass.
        ILookup<string, (string Form, string Name)> forms = secrets
            .SelectMany(secret => Encodings(secret.Secret).Select(form => (Form: Encoding.Latin1.GetString(form), secret.Name)))
            .ToLookup(form => form.Form[..Math.Min(form.Form.Length, Start)], StringComparer.Ordinal);
        var starts = SearchValues.Create([.. forms.Select(group => group.Key)], StringComparison.Ordinal);
        var found = new List<string>();
        foreach (byte[] bytes in seen.SelectMany(message => new[] { message }.Concat(InsideBase64(message))))
        {
            string message = Encoding.Latin1.GetString(bytes);
            for (int at = 0, next; (next = message.AsSpan(at).IndexOfAny(starts)) >= 0; at++)
            {
                at += next;
                found.AddRange(forms.Where(group => IsAt(message, at, group.Key)).SelectMany(group => group).Where(form => IsAt(message, at, form.Form)).Select(form => form.Name));
            }
        }
        return [.. found.Distinct()];

        static bool IsAt(string message, int at, string text) => string.CompareOrdinal(message, at, text, 0, text.Length) == 0;
    }

    private static IEnumerable<byte[]> Encodings(byte[] secret)
    {
        yield return secret;
        string text = Encoding.UTF8.GetString(secret);
        yield return Encoding.Unicode.GetBytes(text);
        yield return Encoding.BigEndianUnicode.GetBytes(text);
        yield return Encoding.UTF8.GetBytes(JsonEncodedText.Encode(text).ToString());
        yield return Encoding.UTF8.GetBytes(Uri.EscapeDataString(text));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexString(secret));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexString(secret).ToLowerInvariant());
        foreach (byte[] bytes in new[] { secret, Encoding.Unicode.GetBytes(text) })
        {
            // Inside a longer Base64 text a secret starts at one of three places; what is around it changes only the outermost characters.
            for (int before = 0; before < 3; before++)
            {
                string base64 = Convert.ToBase64String([.. new byte[before], .. bytes]);
                string sure = base64[(before == 0 ? 0 : before + 1)..((before + bytes.Length) / 3 * 4)];
                yield return Encoding.ASCII.GetBytes(sure);
                yield return Encoding.ASCII.GetBytes(sure.Replace('+', '-').Replace('/', '_'));
            }
        }
    }

    private static IEnumerable<byte[]> InsideBase64(byte[] message)
    {
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(message);
        }
        catch (JsonException)
        {
            yield break;
        }
        foreach (JsonNode node in Nodes(json))
        {
            if (node is JsonValue value && value.TryGetValue(out string? text) && text.Length >= 8)
            {
                byte[] bytes = new byte[text.Length];
                if (Convert.TryFromBase64String(text, bytes, out int written))
                    yield return bytes[..written];
            }
        }
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode? node) => node switch
    {
        null => [],
        JsonObject members => members.SelectMany(member => Nodes(member.Value)),
        JsonArray items => items.SelectMany(Nodes),
        _ => [node],
    };
}
