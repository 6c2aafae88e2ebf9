using Passpack.Packing.Keys;

namespace Passpack.Core.Tests.Packing;

public sealed class PasswordGeneratorTests
{
    [Fact]
    public void A_password_has_its_length_and_characters_of_every_set()
    {
        string[] sets = ["abc", "XYZ", "01"];
        foreach (int length in new[] { 3, 4, 20, 500 })
        {
            string password = new(PasswordGenerator.Characters(length, sets));
            Assert.Equal(length, password.Length);
            Assert.All(sets, set => Assert.Contains(password, c => set.Contains(c)));
            Assert.DoesNotContain(password, c => !string.Concat(sets).Contains(c));
        }
    }

    [Fact]
    public void Every_password_that_can_come_out_is_as_likely_as_any_other()
    {
        // Three characters of "ab" and "0": of 27 strings, 18 hold both sets.
        string[] sets = ["ab", "0"];
        const int Draws = 90_000;
        Dictionary<string, int> counts = Enumerable.Range(0, Draws).Select(_ => new string(PasswordGenerator.Characters(3, sets))).CountBy(password => password).ToDictionary();
        Assert.Equal(18, counts.Count);
        // 5,000 each is expected, with a deviation of 69: seven of them never happen by chance.
        Assert.All(counts.Values, count => Assert.InRange(count, 4500, 5500));
        Assert.Equal(Math.Log2(18), PasswordGenerator.CharacterBits(3, sets), 9);
        Assert.Equal(20 * Math.Log2(26), PasswordGenerator.CharacterBits(20, ["abcdefghijklmnopqrstuvwxyz"]), 9);
    }

    [Fact]
    public void A_password_of_words_takes_them_from_the_list()
    {
        Assert.True(PasswordGenerator.WordCount >= 1024);
        string password = new(PasswordGenerator.Words(2000));
        string[] words = password.Split(PasswordGenerator.WordSeparator);
        Assert.Equal(2000, words.Length);
        Assert.True(words.Distinct().Count() > 800); // Some 1,080 of 1,444 are expected.
        Assert.Equal(6 * Math.Log2(PasswordGenerator.WordCount), PasswordGenerator.WordBits(6), 9);
        Assert.NotEqual(new string(PasswordGenerator.Words(6)), new string(PasswordGenerator.Words(6)));
    }

    [Fact]
    public void The_list_has_no_word_twice_and_none_that_holds_the_separator()
    {
        using Stream stream = typeof(PasswordGenerator).Assembly.GetManifestResourceStream("Passpack.Packing.words.txt")!;
        string[] words = new StreamReader(stream).ReadToEnd().TrimEnd('\n').Split('\n');
        Assert.Equal(words.Length, words.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(PasswordGenerator.WordCount, words.Length);
        Assert.All(words, word => Assert.Matches("^[a-z]{3,9}$", word));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PasswordGenerator.Characters(1, ["a", "b"]));
        Assert.Throws<ArgumentException>(() => PasswordGenerator.Characters(5, []));
        Assert.Throws<ArgumentException>(() => PasswordGenerator.Characters(5, ["ab", "bc"]));
        Assert.Throws<ArgumentOutOfRangeException>(() => PasswordGenerator.Words(0));
    }
}
