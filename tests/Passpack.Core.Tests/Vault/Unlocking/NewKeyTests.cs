using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Core.Tests.Vault;

public sealed class NewKeyTests
{
    private const string Sentence = "a long sentence that nobody else would think of";

    [Theory]
    [InlineData('\uD83D')]
    [InlineData('\uDD10')]
    [InlineData('\uFFFD')]
    public void Half_a_surrogate_pair_is_refused_in_every_new_key(char half)
    {
        using SecretBytes bad = SecretBytes.FromChars(Sentence + half), good = SecretBytes.FromChars(Sentence), other = SecretBytes.FromChars("another sentence, as good");
        Refuses(() => PackingKeys.Check(bad));
        Refuses(() => PackingKeys.Check(good, bad));
        Refuses(() => PackingKeys.CheckBackupKey(bad));
        Refuses(() => PackingKeys.CheckNew(other, bad, "Password"));
        string folder = Path.Combine(Path.GetTempPath(), $"passpack-{Guid.NewGuid():N}");
        Refuses(() => LocalVault.Create(new DataFolder(folder), "alice@example.com", bad));
        Assert.False(Directory.Exists(folder));

        static void Refuses(Action action)
        {
            var error = Assert.Throws<PasspackException>(action);
            Assert.Equal(ErrorCodes.KeyTooWeak, error.ErrorId);
            Assert.DoesNotContain(Sentence, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_whole_character_is_taken()
    {
        using SecretBytes key = SecretBytes.FromChars($"{Sentence} 🔐 密 ü \uFFFC \uE000"), other = SecretBytes.FromChars(Sentence);
        PackingKeys.Check(key, other);
        PackingKeys.CheckBackupKey(key);
        PackingKeys.CheckNew(other, key, "Password");
    }
}
