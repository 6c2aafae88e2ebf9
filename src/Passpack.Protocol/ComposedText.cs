using System.Globalization;
using System.Text;

namespace Passpack.Protocol;

/// <summary>
/// Unicode normalization form C (Unicode Standard Annex 15), from a table of its own: String.Normalize does nothing in .NET's invariant globalization
/// mode, so hosts with and without ICU would disagree about equal texts. Characters newer than Unicode 14 stay as they are.
/// </summary>
public static class ComposedText
{
    private const char FirstThatMayChange = '\u0300';

    // Hangul syllables follow from their parts by arithmetic (chapter 3.12 of the standard).
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7, Leads = 19, Vowels = 21, Trails = 28;

    private static readonly Lazy<Tables> s_tables = new(Load);

    /// <summary>Compares texts regardless of case and of how letters with marks are composed.</summary>
    public static StringComparer IgnoreCase { get; } = new Comparer();

    /// <summary>The form of a text in which every letter with marks is one character, if there is one. Half a surrogate pair stays as it is.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(FirstThatMayChange - 1)) < 0)
            return text;
        List<int> characters = Decompose(text);
        Order(characters);
        Compose(characters);
        var composed = new StringBuilder(text.Length);
        Span<char> units = stackalloc char[2];
        foreach (int c in characters)
        {
            if (Rune.TryCreate(c, out Rune rune))
                composed.Append(units[..rune.EncodeToUtf16(units)]);
            else
                composed.Append((char)c);
        }
        return composed.Length == text.Length && composed.Equals(text) ? text : composed.ToString();
    }

    /// <summary>Whether a text holds a character that can be written in another way: a letter with a mark, as one character or as two.</summary>
    public static bool CanDiffer(ReadOnlySpan<char> text)
    {
        Tables tables = s_tables.Value;
        foreach (char c in text)
        {
            if (tables.Decompositions.ContainsKey(c) || tables.Classes.ContainsKey(c) || c is >= '\u1100' and <= '\u11FF' or >= '\uAC00' and <= '\uD7A3')
                return true;
        }
        return false;
    }

    private static List<int> Decompose(string text)
    {
        var characters = new List<int>(text.Length + 8);
        for (int i = 0; i < text.Length; i++)
        {
            int c = text[i];
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                c = char.ConvertToUtf32(text[i], text[++i]);
            Decompose(c, characters);
        }
        return characters;
    }

    private static void Decompose(int c, List<int> into)
    {
        int syllable = c - HangulBase;
        if (syllable is >= 0 and < Leads * Vowels * Trails)
        {
            into.Add(LeadBase + syllable / (Vowels * Trails));
            into.Add(VowelBase + syllable / Trails % Vowels);
            if (syllable % Trails > 0)
                into.Add(TrailBase + syllable % Trails);
        }
        else if (s_tables.Value.Decompositions.TryGetValue(c, out (int First, int Second) parts))
        {
            Decompose(parts.First, into);
            if (parts.Second != 0)
                into.Add(parts.Second);
        }
        else
        {
            into.Add(c);
        }
    }

    // Sorts the marks of a letter by combining class; marks of one class keep their order.
    private static void Order(List<int> characters)
    {
        for (int start = 0; start < characters.Count; start++)
        {
            if (Class(characters[start]) == 0)
                continue;
            int end = start;
            while (end < characters.Count && Class(characters[end]) != 0)
                end++;
            int[] marks = [.. characters.GetRange(start, end - start).OrderBy(Class)];
            for (int i = 0; i < marks.Length; i++)
                characters[start + i] = marks[i];
            start = end;
        }
    }

    private static void Compose(List<int> characters)
    {
        int starter = -1, before = 0, kept = 0;
        for (int i = 0; i < characters.Count; i++)
        {
            int c = characters[i], own = Class(c);
            // A mark is blocked if a letter, or a mark of the same or a higher class, lies in between.
            bool isNext = starter == kept - 1;
            if (starter >= 0 && (isNext || before < own) && Pair(characters[starter], c) is int whole)
            {
                characters[starter] = whole;
                continue;
            }
            characters[kept] = c;
            if (own == 0)
                starter = kept;
            before = own;
            kept++;
        }
        characters.RemoveRange(kept, characters.Count - kept);
    }

    private static int? Pair(int first, int second)
    {
        int lead = first - LeadBase, vowel = second - VowelBase;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
            return HangulBase + (lead * Vowels + vowel) * Trails;
        int syllable = first - HangulBase, trail = second - TrailBase;
        if (syllable is >= 0 and < Leads * Vowels * Trails && syllable % Trails == 0 && trail is > 0 and < Trails)
            return first + trail;
        return s_tables.Value.Compositions.TryGetValue((first, second), out int whole) ? whole : null;
    }

    private static int Class(int c) => c < FirstThatMayChange ? 0 : s_tables.Value.Classes.GetValueOrDefault(c);

    private static Tables Load()
    {
        var tables = new Tables([], [], []);
        using var reader = new StreamReader(typeof(ComposedText).Assembly.GetManifestResourceStream("Composition.txt")!);
        while (reader.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (words[0] == "C")
            {
                for (int c = Number(words[2]); c <= Number(words[3]); c++)
                    tables.Classes.Add(c, int.Parse(words[1], CultureInfo.InvariantCulture));
            }
            else if (words[0] == "D")
            {
                (int First, int Second) parts = (Number(words[2]), words.Length > 3 && words[3] != "!" ? Number(words[3]) : 0);
                tables.Decompositions.Add(Number(words[1]), parts);
                if (words[^1] != "!")
                    tables.Compositions.Add(parts, Number(words[1]));
            }
        }
        return tables;

        static int Number(string word) => int.Parse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private sealed record Tables(
        Dictionary<int, (int First, int Second)> Decompositions, Dictionary<(int First, int Second), int> Compositions, Dictionary<int, int> Classes);

    private sealed class Comparer : StringComparer
    {
        public override int Compare(string? x, string? y) => OrdinalIgnoreCase.Compare(x is null ? null : Of(x), y is null ? null : Of(y));

        public override bool Equals(string? x, string? y) => OrdinalIgnoreCase.Equals(x is null ? null : Of(x), y is null ? null : Of(y));

        public override int GetHashCode(string obj) => OrdinalIgnoreCase.GetHashCode(Of(obj));
    }
}
