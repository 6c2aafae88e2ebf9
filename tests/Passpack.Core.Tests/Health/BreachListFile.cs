using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Passpack.Health.Breaches;

namespace Passpack.Core.Tests.Health;

/// <summary>Lists of breached passwords, as files in a folder of their own.</summary>
internal static class BreachListFile
{
    public static string Hash(BreachHash hash, string password) => Encoding.ASCII.GetString(BreachDigits.Of(hash, password));

    /// <summary>As many different hashes, in order; the same ones each time.</summary>
    public static string[] Hashes(int count, int digits = 40) =>
    [
        .. Enumerable.Range(0, count).Select(i => Convert.ToHexString(SHA256.HashData(BitConverter.GetBytes(i)))[..digits]).Distinct().Order(StringComparer.Ordinal),
    ];

    public static string Text(IEnumerable<string> hashes, string end = "\n", bool endsLast = true)
    {
        string text = string.Join(end, hashes.Select((hash, i) => string.Create(CultureInfo.InvariantCulture, $"{hash}:{i + 1}")));
        return endsLast ? text + end : text;
    }

    public static string Write(string folder, string text)
    {
        string path = Path.Combine(folder, $"{Guid.NewGuid():N}.txt");
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The count of a hash, given in either case.</summary>
    public static long CountOf(this BreachList list, string hash) => list.Count(Encoding.ASCII.GetBytes(hash.ToUpperInvariant()));
}
