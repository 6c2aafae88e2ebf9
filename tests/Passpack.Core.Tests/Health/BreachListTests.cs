using System.Text;
using FsCheck.Fluent;
using Passpack.Core.Tests.Vault;
using Passpack.Health.Breaches;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Health;

/// <summary>Lists of breached passwords in files: every line is found, nothing else is, and what is no list is never taken for one without the password.</summary>
public sealed class BreachListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(BreachHash.Sha1, "password", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8")]
    [InlineData(BreachHash.Sha1, "", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709")]
    [InlineData(BreachHash.Sha1, "pässword €", null)]
    [InlineData(BreachHash.Ntlm, "password", "8846F7EAEE8FB117AD06BDD830B7586C")]
    [InlineData(BreachHash.Ntlm, "", "31D6CFE0D16AE931B73C59D7E0C089C0")]
    public void A_password_is_hashed_as_the_lists_are(BreachHash hash, string password, string? digits)
    {
#pragma warning disable CA5350 // Compared with what the platform gives.
        digits ??= Convert.ToHexString(System.Security.Cryptography.SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350
        Assert.Equal(digits, BreachListFile.Hash(hash, password));
    }

    [Theory]
    [InlineData(1, 40, "\n", true)]
    [InlineData(1, 32, "\r\n", false)]
    [InlineData(2, 40, "\r\n", true)]
    [InlineData(90, 40, "\n", false)]
    [InlineData(3000, 40, "\r\n", true)]
    [InlineData(3000, 32, "\n", false)]
    public void Every_line_is_found_and_nothing_else(int count, int digits, string end, bool endsLast)
    {
        string[] hashes = BreachListFile.Hashes(count, digits);
        using BreachList list = Open(BreachListFile.Text(hashes, end, endsLast));
        Assert.Equal(digits == 40 ? BreachHash.Sha1 : BreachHash.Ntlm, list.Hash);
        for (int i = 0; i < hashes.Length; i++)
        {
            Assert.Equal(i + 1, list.CountOf(hashes[i]));
            Assert.Equal(0, list.CountOf(hashes[i][..^1] + (hashes[i][^1] == '0' ? '1' : '0')));
        }
        Assert.Equal(0, list.CountOf(new string('0', digits)));
        Assert.Equal(0, list.CountOf(new string('F', digits)));
    }

    /// <summary>Hashes that lie as close as they can, where interpolation finds nothing.</summary>
    [Fact]
    public void Lines_that_are_spread_unevenly_are_found()
    {
        string[] hashes = [.. Enumerable.Range(0, 2000).Select(i => $"{i:X40}"), .. Enumerable.Range(0, 500).Select(i => $"FFFFFFFFFFFFFFFFFFFF{i:X20}")];
        using BreachList list = Open(BreachListFile.Text(hashes));
        foreach ((int i, string hash) in hashes.Index())
            Assert.Equal(i + 1, list.CountOf(hash));
        Assert.Equal(0, list.CountOf("7" + new string('0', 39)));
    }

    [Fact]
    public void Any_ordered_list_is_searched_right() => Prop.ForAll<int, ushort, bool>((seed, size, crlf) =>
    {
        var random = new Random(seed);
        byte[] bytes = new byte[20];
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (int i = 0; i <= size % 700; i++)
        {
            random.NextBytes(bytes);
            bytes.AsSpan(0, random.Next(20)).Fill((byte)random.Next(3)); // Many share their beginning.
            counts[Convert.ToHexString(bytes)] = random.NextInt64(1, 1_000_000_000);
        }
        using BreachList list = Open(string.Concat(counts.Select(one => $"{one.Key}:{one.Value}{(crlf ? "\r\n" : "\n")}")));
        return counts.All(one => list.CountOf(one.Key) == one.Value) && counts.Keys.All(key => counts.ContainsKey(Next(key)) || list.CountOf(Next(key)) == 0);
    }).Holds();

    [Fact]
    public void Lower_case_is_read_and_a_count_of_0_is_none()
    {
        using BreachList list = Open("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:7\n6baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:0\n");
        Assert.Equal(7, list.CountOf("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"));
        Assert.Equal(0, list.CountOf("6baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("hello, world\n")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:x\n")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:-1\n")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:99999999999999999999\n")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68F:1\n")]
    [InlineData("GBAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n")]
    [InlineData("\uFEFF5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n6BAA61E4C9B93F")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n6BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8\n")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n4BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n\n")]
    public void What_is_no_whole_list_is_refused_at_once(string text)
    {
        string path = BreachListFile.Write(_folder.Path, text);
        Errors.Of(ErrorCodes.BreachListDamaged, () => BreachList.Open(path), path);
    }

    [Fact]
    public void A_huge_line_is_refused()
    {
        string[] hashes = BreachListFile.Hashes(400);
        string middle = hashes[200];
        Refuses(BreachListFile.Text(hashes[..200]) + $"{middle}:{new string('1', 100_000)}\n" + BreachListFile.Text(hashes[201..]), middle);
        Errors.Of(ErrorCodes.BreachListDamaged, () => Open(new string('A', 1 << 20)));
        Errors.Of(ErrorCodes.BreachListDamaged, () => Open($"{middle}:1\n" + new string('A', 1 << 20)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no line of a list")]
    [InlineData("5BAA61E4C9B93F3F0682250B6CF8331B:1")]
    public void A_damaged_line_is_refused_where_the_search_meets_it(string line)
    {
        string[] hashes = BreachListFile.Hashes(400);
        string text = BreachListFile.Text(hashes[..200]) + line + "\n" + BreachListFile.Text(hashes[200..]);
        Refuses(text, hashes[199]);
        Refuses(text, hashes[200]);
    }

    /// <summary>The one that would be missed is refused, wherever two lines have changed places.</summary>
    [Fact]
    public void A_line_out_of_order_is_found_or_refused_and_never_missed() => Prop.ForAll<ushort, ushort>((a, b) =>
    {
        string[] hashes = BreachListFile.Hashes(600);
        string first = hashes[a % 600], second = hashes[b % 600];
        (hashes[a % 600], hashes[b % 600]) = (second, first);
        string path = BreachListFile.Write(_folder.Path, BreachListFile.Text(hashes));
        return IsFoundOrRefused(path, first) && IsFoundOrRefused(path, second);
    }).Holds();

    [Fact]
    public void A_list_that_holds_a_hash_twice_is_refused()
    {
        string[] hashes = BreachListFile.Hashes(50);
        Refuses(BreachListFile.Text([.. hashes[..20], hashes[19], .. hashes[20..]]), hashes[19]);
    }

    [Fact]
    public void No_error_tells_of_the_hash_that_was_sought()
    {
        string[] hashes = BreachListFile.Hashes(400);
        string path = BreachListFile.Write(_folder.Path, BreachListFile.Text(hashes[..200]) + "damaged\n" + BreachListFile.Text(hashes[200..]));
        using BreachList list = BreachList.Open(path);
        PasspackException error = Errors.Of(ErrorCodes.BreachListDamaged, () => list.CountOf(hashes[200]), path);
        Assert.DoesNotContain(hashes[200][..5], error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(@"\d{3,}", error.Message.Replace(path, "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_that_becomes_shorter_meanwhile_is_refused()
    {
        string[] hashes = BreachListFile.Hashes(400);
        string path = BreachListFile.Write(_folder.Path, BreachListFile.Text(hashes));
        using BreachList list = BreachList.Open(path);
        File.WriteAllText(path, "");
        Errors.Of(ErrorCodes.BreachListDamaged, () => list.CountOf(hashes[200]), path);
    }

    [Theory]
    [InlineData(40, "", false)]
    [InlineData(40, ".txt", false)]
    [InlineData(32, ".txt", true)]
    public void A_folder_of_ranges_is_searched(int digits, string ending, bool lower)
    {
        string[] hashes = [.. BreachListFile.Hashes(200, digits), $"0000A{new string('0', digits - 5)}"];
        foreach (IGrouping<string, string> range in hashes.GroupBy(hash => hash[..5]))
        {
            string text = BreachListFile.Text(range.Select(hash => hash[5..]), "\r\n", endsLast: false);
            File.WriteAllText(Path.Combine(_folder.Path, (lower ? range.Key.ToLowerInvariant() : range.Key) + ending), text);
        }
        using BreachList list = BreachList.Open(_folder.Path);
        Assert.Equal(digits == 40 ? BreachHash.Sha1 : BreachHash.Ntlm, list.Hash);
        foreach (string hash in hashes)
        {
            Assert.NotEqual(0, list.CountOf(hash));
            Assert.Equal(0, list.CountOf(hash[..^1] + (hash[^1] == '1' ? '2' : '1')));
        }
        Errors.Of(ErrorCodes.BreachListDamaged, () => list.CountOf("00000" + hashes[0][5..]), _folder.Path);
        File.WriteAllText(Path.Combine(_folder.Path, (lower ? "0000a" : "0000A") + ending), "");
        Errors.Of(ErrorCodes.BreachListDamaged, () => list.CountOf("0000A" + hashes[0][5..]), _folder.Path);
    }

    [Fact]
    public void A_folder_without_ranges_and_a_path_to_nothing_are_refused()
    {
        Errors.Of(ErrorCodes.BreachListDamaged, () => BreachList.Open(_folder.Path), _folder.Path);
        Assert.Throws<FileNotFoundException>(() => BreachList.Open(Path.Combine(_folder.Path, "none")));
    }

    private BreachList Open(string text) => BreachList.Open(BreachListFile.Write(_folder.Path, text));

    private void Refuses(string text, string hash)
    {
        using BreachList list = Open(text);
        Errors.Of(ErrorCodes.BreachListDamaged, () => list.CountOf(hash));
    }

    private static bool IsFoundOrRefused(string path, string hash)
    {
        try
        {
            using BreachList list = BreachList.Open(path);
            return list.CountOf(hash) > 0;
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.BreachListDamaged)
        {
            return true;
        }
    }

    private static string Next(string hash) => hash[..^1] + (hash[^1] == 'F' ? '0' : (char)(hash[^1] == '9' ? 'A' : hash[^1] + 1));
}
