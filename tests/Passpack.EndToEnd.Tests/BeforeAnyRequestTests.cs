using System.Net;
using System.Net.Sockets;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.EndToEnd.Tests;

/// <summary>What is refused before a byte is sent: nobody connects to the address that is given.</summary>
public sealed class BeforeAnyRequestTests : IDisposable
{
    private const string Sentence = "correct horse battery staple, 4711 times", UserId = "anna@example.com";
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly DataFolder _home = new(Path.Combine(Path.GetTempPath(), $"passpack-before-{Guid.NewGuid():N}"));

    public BeforeAnyRequestTests() => _listener.Start();

    public void Dispose()
    {
        _listener.Dispose();
        if (Directory.Exists(_home.Path))
            Directory.Delete(_home.Path, recursive: true);
    }

    private Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Every public way on which a Password goes to the server.</summary>
    private Dictionary<string, Func<SecretBytes, SecretBytes, Task>> Ways => new()
    {
        ["register"] = (password, key) => Registration.RegisterAsync(new(_home, Address, UserId, password, key)),
        ["connect"] = (password, key) => Connecting.ConnectAsync(new(_home, Address, UserId, password, key)),
        ["remove"] = (password, key) => AccountRemoval.RemoveAsync(new(_home, Address, UserId, password, key)),
        ["reset"] = async (password, key) =>
        {
            using (SecretBytes own = SecretBytes.FromChars(Sentence))
                LocalVault.Create(_home, UserId, own).Dispose();
            await foreach (AccountResetStep _ in new AccountReset(_home, UserId, password, key) { Server = Address }.RunAsync())
            {
            }
        },
        ["change the Packing Key"] = async (password, key) =>
        {
            using SecretBytes another = SecretBytes.FromChars("another sentence that serves as a key, 0815");
            await OnlineKeys.ChangePackingKeyAsync(_home, UserId, password, key, another);
        },
    };

    public static TheoryData<string> Names => ["register", "connect", "remove", "reset", "change the Packing Key"];

    [Theory, MemberData(nameof(Names))]
    public async Task A_Password_that_is_the_Packing_Key(string way) =>
        Assert.Equal(ErrorCodes.KeyTooWeak, (await RefusedAsync<PasspackException>(way, Sentence, Sentence)).ErrorId);

    [Theory, MemberData(nameof(Names))]
    public async Task An_empty_Password(string way) => Assert.Contains("is empty", (await RefusedAsync<ArgumentException>(way, "", Sentence)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_weak_Packing_Key_for_an_online_account_unless_its_owner_insists()
    {
        const string weak = "passwords"; // 9 small letters
        Assert.Equal(ErrorCodes.KeyTooWeak, (await RefusedAsync<PasspackException>("register", "a Password", weak)).ErrorId);
        using SecretBytes password = SecretBytes.FromChars("a Password"), key = SecretBytes.FromChars(weak);
        PackingKeys.CheckForOnline(key, password, allowWeakKey: true);
        using SecretBytes strong = SecretBytes.FromChars(Sentence);
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => OnlineKeys.ChangePackingKeyAsync(_home, UserId, password, strong, key));
        Assert.Equal(ErrorCodes.KeyTooWeak, refused.ErrorId);
        Assert.False(_listener.Pending());
    }

    [Fact]
    public async Task Half_a_character_in_the_Password_of_a_new_account() =>
        Assert.Equal(ErrorCodes.KeyTooWeak, (await RefusedAsync<PasspackException>("register", "half \ud83d of one", Sentence)).ErrorId);

    [Theory]
    [InlineData("http://anna:hunter6@127.0.0.1:1/")]
    [InlineData("https://hunter6@passpack.example.com/")]
    [InlineData("https://passpack.example.com/?key=hunter6")]
    [InlineData("https://passpack.example.com/#hunter6")]
    [InlineData("ftp://anna:hunter6@passpack.example.com/")]
    public void An_address_with_more_than_an_address_in_it(string address)
    {
        PasspackException refused = Assert.Throws<PasspackException>(() => ServerAddress.Require(new Uri(address)));
        Assert.Equal(ErrorCodes.ServerUnreachable, refused.ErrorId);
        Assert.DoesNotContain("hunter6", $"{refused.Message} {refused.Target}", StringComparison.Ordinal);
    }

    private async Task<T> RefusedAsync<T>(string way, string password, string packingKey) where T : Exception
    {
        using SecretBytes one = SecretBytes.FromChars(password), other = SecretBytes.FromChars(packingKey);
        T refused = await Assert.ThrowsAsync<T>(() => Ways[way](one, other));
        Assert.False(_listener.Pending(), "Somebody connected.");
        return refused;
    }
}
