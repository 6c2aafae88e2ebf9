using System.Globalization;
using System.Text;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Attachments;

/// <summary>The names of attachments: file names, never paths. A name that comes from elsewhere is made one before a file gets it.</summary>
internal static class AttachmentNames
{
    /// <summary>Bytes of a name in UTF-8, which every file system takes.</summary>
    public const int MostBytes = 255;

    private static readonly string[] s_reserved =
    [
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$",
        .. Enumerable.Range(0, 10).SelectMany(number => new[] { $"COM{number}", $"LPT{number}" }), "COM¹", "COM²", "COM³", "LPT¹", "LPT²", "LPT³",
    ];

    /// <summary>The attachment of a name. Names that only differ in case or composition are one, because they are on some file systems.</summary>
    public static Attachment? Find(IReadOnlyList<Attachment> attachments, string name) =>
        attachments.FirstOrDefault(attachment => attachment.Name == name)
        ?? attachments.FirstOrDefault(attachment => ComposedText.IgnoreCase.Equals(attachment.Name, name));

    /// <summary>Refuses a name that is empty, a path, or too long.</summary>
    /// <exception cref="ArgumentException">It is.</exception>
    public static void Require(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name is "." or "..")
            throw new ArgumentException("An attachment needs the name of a file.");
        if (name.AsSpan().IndexOfAny('/', '\\') >= 0)
            throw new ArgumentException($"'{name}' is a path, and an attachment has the name of a file.");
        if (name.Any(char.IsControl) || Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)) != name)
            throw new ArgumentException("The name of an attachment holds a control character, or half a surrogate pair.");
        if (Encoding.UTF8.GetByteCount(name) > MostBytes)
            throw new ArgumentException($"The name of an attachment has at most {MostBytes} bytes in UTF-8.");
    }

    /// <summary>
    /// The name that a file gets, the same on every platform: what no file system, or only some, would take is replaced. Never a path, never a device of
    /// Windows, never an alternate stream.
    /// </summary>
    public static string ForFile(string name)
    {
        var file = new StringBuilder();
        foreach (Rune rune in name.EnumerateRunes())
        {
            bool isForbidden = Rune.IsControl(rune) || rune.Value is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' or 0xFFFD
                || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format;
            file.Append(isForbidden ? "_" : rune.ToString());
        }
        string clean = file.ToString().Trim(' ').TrimEnd('.', ' ');
        // Dots alone, and nothing, are places.
        if (clean.Length == 0)
            clean = "_";
        string stem = clean.Split('.')[0].TrimEnd(' ');
        if (s_reserved.Contains(stem, StringComparer.OrdinalIgnoreCase))
            clean = $"_{clean}";
        return Shorten(clean);
    }

    // The extension stays, so that the file opens with what it is for.
    private static string Shorten(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= MostBytes)
            return name;
        string extension = Path.GetExtension(name);
        if (Encoding.UTF8.GetByteCount(extension) > 32)
            extension = "";
        return Join(name[..^extension.Length], extension);
    }

    /// <summary>A name of these parts. Of one that is too long, the first part is shortened.</summary>
    public static string Join(string stem, string ending)
    {
        while (Encoding.UTF8.GetByteCount(stem) + Encoding.UTF8.GetByteCount(ending) > MostBytes)
            stem = stem[..^(char.IsLowSurrogate(stem[^1]) ? 2 : 1)];
        return stem.TrimEnd('.', ' ') + ending;
    }
}
