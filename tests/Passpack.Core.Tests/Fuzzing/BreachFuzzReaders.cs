using System.Text;
using Passpack.Core.Tests.Health;
using Passpack.Health.Breaches;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Fuzzing;

/// <summary>Files that say they are lists of breached passwords.</summary>
internal static class BreachFuzzReaders
{
    private static readonly string[] s_hashes = BreachListFile.Hashes(150);

    private static readonly string[] s_tokens = [":", "\n", "\r\n", ":1\n", ":999999999999999999", "FFFFFFFF", "00000000", "\r", "-1"];

    public static FuzzReader Lists => new()
    {
        Name = "breach lists",
        Seeds =
        [
            Encoding.ASCII.GetBytes(BreachListFile.Text(s_hashes)), Encoding.ASCII.GetBytes(BreachListFile.Text(s_hashes[..3], "\r\n", endsLast: false)),
            Encoding.ASCII.GetBytes(BreachListFile.Text(BreachListFile.Hashes(40, 32))),
        ],
        Tokens = [.. s_tokens.Select(Encoding.ASCII.GetBytes)],
        MostBytes = 16384,
        ShortRun = 1500,
        Read = input =>
        {
            string path = Path.Combine(Path.GetTempPath(), $"passpack-fuzz-{Guid.NewGuid():N}");
            File.WriteAllBytes(path, input);
            try
            {
                using BreachList list = BreachList.Open(path);
                foreach (string hash in s_hashes.Where((_, i) => i % 30 == 0))
                    _ = list.CountOf(hash[..BreachDigits.Count(list.Hash)]);
            }
            finally
            {
                File.Delete(path);
            }
        },
        ErrorIds = [ErrorCodes.BreachListDamaged],
    };
}
