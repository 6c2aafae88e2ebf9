namespace Passpack.Transfer.Sources.Browsers;

/// <summary>Texts that a page of a browser held, with the five characters of markup as entities.</summary>
internal static class HtmlEntities
{
    // &amp; last: what it makes is not looked at again.
    private static readonly (string Entity, string Text)[] s_all =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&#39;", "'"), ("&amp;", "&")];

    private const int Longest = 6;

    /// <summary>
    /// Whether a whole file holds entities, and none of the characters that they stand for: one that is escaped has no bare &amp;, &lt; or &gt;, and one
    /// in which an entity is what somebody typed rarely lacks all of them. The file is left at its position.
    /// </summary>
    public static bool Are(Stream file)
    {
        long position = file.Position;
        file.Position = 0;
        try
        {
            return Look(file);
        }
        finally
        {
            file.Position = position;
        }
    }

    /// <summary>The text that was meant.</summary>
    public static string Decode(string text)
    {
        foreach ((string entity, string meant) in s_all)
            text = text.Replace(entity, meant, StringComparison.OrdinalIgnoreCase);
        return text;
    }

    private static bool Look(Stream file)
    {
        byte[] buffer = new byte[1 << 16];
        int kept = 0;
        bool found = false;
        while (true)
        {
            int read = file.ReadAtLeast(buffer.AsSpan(kept), 1, throwOnEndOfStream: false);
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, kept + read);
            int at = 0;
            for (int next; (next = bytes[at..].IndexOfAny("<>&"u8)) >= 0;)
            {
                at += next;
                if (bytes[at] != '&')
                    return false;
                if (read > 0 && bytes.Length - at < Longest) // Its rest comes with the next bytes.
                    break;
                if (LengthAt(bytes[at..]) is not (> 0 and var length))
                    return false;
                found = true;
                at += length;
            }
            if (read == 0)
                return found;
            int rest = bytes[at..].IndexOf((byte)'&');
            kept = rest < 0 ? 0 : bytes.Length - at - rest;
            bytes[(bytes.Length - kept)..].CopyTo(buffer);
        }
    }

    private static int LengthAt(ReadOnlySpan<byte> bytes)
    {
        foreach ((string entity, _) in s_all)
        {
            if (bytes.Length >= entity.Length && System.Text.Ascii.EqualsIgnoreCase(bytes[..entity.Length], entity))
                return entity.Length;
        }
        return 0;
    }
}
