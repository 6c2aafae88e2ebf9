using System.Security.Cryptography;

namespace Passpack.Packing.Keys;

/// <summary>Makes passwords from the system's random generator; every possible password is equally likely.</summary>
public static class PasswordGenerator
{
    /// <summary>Between words.</summary>
    public const char WordSeparator = '-';

    private static readonly Lazy<string[]> s_words = new(LoadWords);

    /// <summary>How many words there are to choose from.</summary>
    public static int WordCount => s_words.Value.Length;

    /// <summary>A password of characters, with at least one of each set.</summary>
    /// <param name="length">Characters, at least one a set.</param>
    /// <param name="sets">The characters to choose from; none of them in two sets.</param>
    /// <returns>To be zeroed by the caller.</returns>
    public static char[] Characters(int length, IReadOnlyList<string> sets)
    {
        Check(length, sets);
        string all = string.Concat(sets);
        char[] password = GC.AllocateArray<char>(length, pinned: true);
        // Drawn as a whole until it has all sets: inserting a missing character would make some passwords more likely than others.
        do
        {
            RandomNumberGenerator.GetItems(all.AsSpan(), password);
        }
        while (!sets.All(set => password.AsSpan().ContainsAny(set)));
        return password;
    }

    /// <summary>The entropy of such a password: the binary logarithm of the number of possible passwords.</summary>
    public static double CharacterBits(int length, IReadOnlyList<string> sets)
    {
        Check(length, sets);
        double all = sets.Sum(set => set.Length);
        // By inclusion and exclusion: the fraction of all strings of this length that have a character of every set.
        double part = 0;
        for (int missing = 0; missing < 1 << sets.Count; missing++)
        {
            double left = all - sets.Where((_, i) => (missing >> i & 1) == 1).Sum(set => set.Length);
            part += Math.Pow(left / all, length) * (int.PopCount(missing) % 2 == 0 ? 1 : -1);
        }
        return length * Math.Log2(all) + Math.Log2(part);
    }

    /// <summary>A password of words out of this project's list, joined by <see cref="WordSeparator"/>.</summary>
    /// <returns>To be zeroed by the caller.</returns>
    public static char[] Words(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        string[] words = RandomNumberGenerator.GetItems<string>(s_words.Value, count);
        char[] password = GC.AllocateArray<char>(words.Sum(word => word.Length) + count - 1, pinned: true);
        int at = 0;
        foreach (string word in words)
        {
            if (at > 0)
                password[at++] = WordSeparator;
            word.CopyTo(password.AsSpan(at));
            at += word.Length;
        }
        return password;
    }

    /// <summary>The entropy of a number of words.</summary>
    public static double WordBits(int count) => count * Math.Log2(WordCount);

    private static void Check(int length, IReadOnlyList<string> sets)
    {
        if (sets.Count is 0 or > 8 || sets.Any(set => set.Length == 0) || string.Concat(sets).Distinct().Count() != sets.Sum(set => set.Length))
            throw new ArgumentException("There are one to eight sets of characters, and no character is in two.", nameof(sets));
        if (length < sets.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, $"A password with characters of {sets.Count} sets " +
                $"has at least {sets.Count} characters.");
        }
    }

    private static string[] LoadWords()
    {
        using Stream stream = typeof(PasswordGenerator).Assembly.GetManifestResourceStream("Passpack.Packing.words.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
