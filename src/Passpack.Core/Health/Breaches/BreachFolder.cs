using System.Text;

namespace Passpack.Health.Breaches;

/// <summary>A list as its ranges: a file for each prefix of 5 digits, with the rest of the hashes.</summary>
internal sealed class BreachFolder : BreachList
{
    private readonly string _path;
    private readonly string _ending;
    private readonly bool _isLower;

    private BreachFolder(BreachHash hash, string path, string ending, bool isLower) : base(hash) =>
        (_path, _ending, _isLower) = (path, ending, isLower);

    public static BreachFolder OpenFolder(string path)
    {
        // One with a letter tells how the names are written.
        string first = Directory.EnumerateFiles(path).FirstOrDefault(file => IsRange(file) && (IsLower(file) || IsUpper(file)))
            ?? Directory.EnumerateFiles(path).FirstOrDefault(IsRange)
            ?? throw BreachErrors.Damaged(path, "it is a folder without a file like 00000 or 00000.txt");
        using var lines = OrderedLines.Open(first);
        BreachHash hash = (lines.Digits + BreachDigits.Prefix) switch
        {
            40 => BreachHash.Sha1,
            32 => BreachHash.Ntlm,
            _ => throw BreachErrors.Damaged(path, $"its files have rests of {lines.Digits} digits, where SHA-1 has 35 and NTLM 27"),
        };
        return new BreachFolder(hash, path, Path.GetExtension(first), IsLower(first));
    }

    internal override long Count(ReadOnlySpan<byte> digits)
    {
        string prefix = Encoding.ASCII.GetString(digits[..BreachDigits.Prefix]);
        string file = Path.Combine(_path, (_isLower ? prefix.ToLowerInvariant() : prefix) + _ending);
        if (!File.Exists(file))
            throw BreachErrors.Damaged(_path, "a file that was looked for is missing, of the 1,048,576 that a whole folder has");
        using var lines = OrderedLines.Open(file, _path);
        if (lines.Digits != digits.Length - BreachDigits.Prefix)
            throw BreachErrors.Damaged(_path, "its files are of different hashes");
        return lines.Find(digits[BreachDigits.Prefix..]);
    }

    private static bool IsRange(string file) => Path.GetFileNameWithoutExtension(file) is { Length: BreachDigits.Prefix } name
        && name.All(char.IsAsciiHexDigit) && Path.GetExtension(file) is "" or ".txt";

    private static bool IsLower(string range) => Path.GetFileNameWithoutExtension(range).AsSpan().ContainsAnyInRange('a', 'f');

    private static bool IsUpper(string range) => Path.GetFileNameWithoutExtension(range).AsSpan().ContainsAnyInRange('A', 'F');
}
