using FsCheck.Fluent;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class DataFolderTests
{
    private static readonly string[] s_userIds =
    [
        "alice", "alice ", "../alice", "..", ".", "../../etc/passwd", "a:b", "C:\\x", "a/b", "a\\b", "alice.", "alice..", "alice...", "con", "NUL", "com1.txt",
        new string('a', 300), new string('a', 299), new string('.', 300), "🔐", "🔑", "🔐🔑", "user name", "user  name", "user-name", "-", "*", "?", "a\tb", "ä", "a", "\u0430",
        "alice@example.com", "alice@example,com", "alice+1@example.com", "a\0b",
    ];

    [Theory]
    [InlineData("rel/v")]
    [InlineData("./v")]
    [InlineData("..")]
    [InlineData(@"VV:\v")]
    [InlineData("\"/tmp/v\"")]
    [InlineData("'/tmp/v'")]
    [InlineData("~anna/v")]
    [InlineData(" ")]
    public void PASSPACK_HOME_that_is_no_full_path_is_refused_with_what_to_do(string path)
    {
        var error = Assert.Throws<ArgumentException>(() => DataFolder.Resolve(path));
        Assert.Contains("PASSPACK_HOME", error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PASSPACK_HOME_may_begin_with_the_home_folder_and_is_no_file()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        Assert.Equal(Path.Combine(home, "v"), new DataFolder(DataFolder.Resolve("~/v")).Path);
        Assert.Equal(home, new DataFolder(DataFolder.Resolve("~")).Path);
        Assert.Equal(Path.GetTempPath(), DataFolder.Resolve(Path.GetTempPath()));
        string file = Path.GetTempFileName();
        Assert.Contains("is a file", Assert.Throws<ArgumentException>(() => DataFolder.Resolve(file)).Message, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public void An_account_that_lost_its_label_is_known_by_its_vault()
    {
        using var test = new TestVault();
        File.Delete(Path.Combine(test.Home.Account(TestVault.UserId).Path, "account.json"));
        Assert.Equal(TestVault.UserId, Assert.Single(test.Home.Accounts()).UserId);
    }

    [Fact]
    public void Every_user_id_gets_a_folder_name_that_every_file_system_takes()
    {
        foreach (string userId in s_userIds)
        {
            string name = DataFolder.FolderName(userId);
            Assert.Matches("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", name);
            Assert.InRange(name.Length, 32, 60);
        }
    }

    [Fact]
    public void Different_user_ids_never_share_a_folder()
    {
        string[] different = [.. s_userIds.DistinctBy(UserIds.Normalize)];
        Assert.Equal(different.Length, different.Select(DataFolder.FolderName).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [InlineData("alice", " Alice\t")]
    [InlineData("ALICE@EXAMPLE.COM", "alice@example.com")]
    [InlineData("\u00e9t\u00e9", "e\u0301te\u0301")]
    [InlineData("\u00c9", "e\u0301")]
    public void Variants_of_a_user_id_share_one(string one, string other) => Assert.Equal(DataFolder.FolderName(one), DataFolder.FolderName(other));

    [Fact]
    public void Any_two_texts_share_a_folder_exactly_when_they_are_the_same_user_id() => Prop.ForAll<string, string>((one, other) =>
        !IsUserId(one) || !IsUserId(other) || (DataFolder.FolderName(one) == DataFolder.FolderName(other)) == (UserIds.Normalize(one) == UserIds.Normalize(other))).Holds();

    [Fact]
    public void The_odd_ones_make_accounts_that_are_found_again()
    {
        foreach (string userId in new[] { "../alice", "a:b.", new string('x', 300), "🔐" })
        {
            using var folder = new TemporaryFolder();
            var home = new DataFolder(Path.Combine(folder.Path, "home"));
            using (Accounts.Create(home, userId))
            {
            }
            AccountFolder account = Assert.Single(home.Accounts());
            Assert.Equal(userId, account.UserId);
            Assert.Equal(home.Account(userId).VaultFile, account.VaultFile);
            Assert.StartsWith(Path.Combine(home.Path, "accounts") + Path.DirectorySeparatorChar, account.VaultFile, StringComparison.Ordinal);
            Assert.Equal([home.Path], Directory.GetFileSystemEntries(folder.Path));
        }
    }

    private static bool IsUserId(string? text)
    {
        try
        {
            _ = UserIds.Normalize(text ?? "");
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
