using Passpack.Vault.Files;

namespace Passpack.Automation.References;

/// <summary>Finds references in files of any kind: configuration, scripts, templates.</summary>
public static class ReferenceScanner
{
    // What can stand in a reference besides the characters of its segments. A fault in it is then told, and not taken for its end.
    private const string Separators = "/?%#";

    /// <summary>The references in a file, one by one as they are read.</summary>
    /// <param name="path">A text file: UTF-8, unless a byte order mark says otherwise.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<FoundReference> InFile(string path)
    {
        using var reader = new StreamReader(SharedRead.Open(path));
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            foreach (FoundReference found in InLine(line, number))
                yield return found;
        }
    }

    internal static IEnumerable<FoundReference> InLine(string line, int number)
    {
        for (int start = Next(0); start >= 0;)
        {
            int end = start + SecretReference.Prefix.Length;
            while (end < line.Length && (ReferenceText.IsAllowed(line[end]) || Separators.Contains(line[end], StringComparison.Ordinal)))
                end++;
            yield return new FoundReference(line[start..end], number, start + 1);
            start = Next(end);
        }

        int Next(int from) => line.IndexOf(SecretReference.Prefix, from, StringComparison.OrdinalIgnoreCase);
    }
}
