using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>Registering and connecting, with real key derivations: each costs about a second, so one account serves several questions.</summary>
public sealed class AccountTests(RealServer server) : IClassFixture<RealServer>, IDisposable
{
    private const string PackingKeyText = "a packing key for tests";
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"passpack-accounts-{Guid.NewGuid():N}");
    private readonly string _userId = $"user-{Guid.NewGuid():N}@example.com";
    private readonly SecretBytes _password = SecretBytes.FromChars("the password of this test");
    private readonly SecretBytes _packingKey = SecretBytes.FromChars(PackingKeyText);

    public void Dispose()
    {
        _password.Dispose();
        _packingKey.Dispose();
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task An_offline_account_is_registered_with_its_own_keys_and_another_machine_connects()
    {
        Guid id;
        using (LocalVault offline = LocalVault.Create(Home("a"), _userId, _packingKey))
            id = Add(offline, "made offline", ["own"]);

        using LocalVault a = await Registration.RegisterAsync(new(Home("a"), server.Address, _userId, _password, _packingKey));
        Assert.Equal(id, Assert.Single((await VaultSync.RunAsync(a, new SyncOptions())).Changes).Id);
        Assert.Equal(["own"], a.Get(id).Tags);

        using LocalVault b = await Connecting.ConnectAsync(new(Home("b"), server.Address, _userId.ToUpperInvariant(), _password, _packingKey),
            new ConnectOptions { Checkpoint = a.Describe().Checkpoint!.ToString() });
        await VaultSync.RunAsync(b, new SyncOptions());
        Assert.Equal("made offline", b.Get(id).Name);

        await AssertErrorAsync(ErrorCodes.AccountExists, () => Registration.RegisterAsync(new(Home("c"), server.Address, _userId, _password, _packingKey)));
        await AssertErrorAsync(ErrorCodes.AccountExists, () => Registration.RegisterAsync(new(Home("a"), server.Address, _userId, _password, _packingKey)));
        Assert.False(Home("c").Account(_userId).Exists);
    }

    [Fact]
    public async Task Another_offline_account_joins_and_is_sealed_anew_after_a_copy()
    {
        using (LocalVault a = await Registration.RegisterAsync(new(Home("a"), server.Address, _userId, _password, _packingKey)))
        {
            Add(a, "online", []);
            await VaultSync.RunAsync(a, new SyncOptions());
        }
        Guid id;
        using (LocalVault offline = LocalVault.Create(Home("b"), _userId, _packingKey))
        {
            id = Add(offline, "of another account", ["own"]);
            using VaultWriter writer = offline.BeginWrite();
            writer.Edit(id, new EntryEdit { Notes = "edited", Favorite = true });
            writer.Commit();
        }

        using LocalVault b = await Connecting.ConnectAsync(new(Home("b"), server.Address, _userId, _password, _packingKey));
        Assert.Equal([SyncAction.Pulled, SyncAction.Pushed], (await VaultSync.RunAsync(b, new SyncOptions())).Changes.Select(change => change.Action));

        FullEntry entry = b.ListFull(new EntryQuery { Id = id }).Single();
        Assert.Equal(("edited", true), (entry.Secret.Notes, entry.Summary.Favorite));
        Assert.Equal(["own"], entry.Summary.Tags);
        Assert.Equal("", b.ReadSecret(b.History(id).Single(version => version.Stream == RecordStream.Data)).Notes);
        LocalAccountInfo info = b.Describe();
        Assert.Single(info.Backups);
        Assert.Single(info.Quarantined);
    }

    [Fact]
    public async Task Wrong_secrets_are_refused_and_nothing_is_left_behind()
    {
        using LocalVault a = await Registration.RegisterAsync(new(Home("a"), server.Address, _userId, _password, _packingKey));
        Assert.NotNull(a.Describe().Checkpoint);
        using SecretBytes wrong = SecretBytes.FromChars("not the right one"), tooShort = SecretBytes.FromChars("short");

        await AssertErrorAsync(ErrorCodes.PasswordRejected, () => Connecting.ConnectAsync(new(Home("b"), server.Address, _userId, wrong, _packingKey)));
        await AssertErrorAsync(ErrorCodes.PasswordRejected, () => Connecting.ConnectAsync(new(Home("b"), server.Address, "nobody@example.com", wrong, _packingKey)));
        await AssertErrorAsync(ErrorCodes.PackingKeyMismatch, () => Connecting.ConnectAsync(new(Home("b"), server.Address, _userId, _password, wrong)));
        await AssertErrorAsync(ErrorCodes.KeyTooWeak, () => Registration.RegisterAsync(new(Home("b"), server.Address, "new@example.com", _password, tooShort)));
        await AssertErrorAsync(ErrorCodes.KeyTooWeak, () => Registration.RegisterAsync(new(Home("b"), server.Address, "new@example.com", _password, _password)));
        Assert.False(Directory.Exists(Home("b").Path));

        // Nor is a link lost that there was, or a device left in the list.
        await AssertErrorAsync(ErrorCodes.PackingKeyMismatch, () => Connecting.ConnectAsync(new(Home("a"), server.Address, _userId, _password, wrong)));
        Add(a, "after the refusals", []);
        Assert.Equal(SyncAction.Pushed, Assert.Single((await VaultSync.RunAsync(a, new SyncOptions())).Changes).Action);
        Assert.True(Assert.Single(await Devices.ListAsync(a)).Current);
    }

    [Fact]
    public async Task A_renewed_link_takes_the_place_of_the_earlier_one()
    {
        Guid earlier;
        using (LocalVault a = await Registration.RegisterAsync(new(Home("a"), server.Address, _userId, _password, _packingKey)))
        {
            Add(a, "before", []);
            await VaultSync.RunAsync(a, new SyncOptions());
            earlier = Assert.Single(await Devices.ListAsync(a)).Id;
        }
        using (LocalVault a = await Connecting.ConnectAsync(new(Home("a"), server.Address, _userId, _password, _packingKey)))
        {
            Add(a, "after", []);
            await VaultSync.RunAsync(a, new SyncOptions());
            Assert.NotEqual(earlier, Assert.Single(await Devices.ListAsync(a)).Id);
        }
        using LocalVault b = await Connecting.ConnectAsync(new(Home("b"), server.Address, _userId, _password, _packingKey));
        Assert.Equal(2, (await VaultSync.RunAsync(b, new SyncOptions())).Changes.Count);
    }

    [Theory]
    [InlineData("http://192.0.2.1/", ErrorCodes.InsecureTransport)]
    [InlineData("http://127.0.0.1:1/", ErrorCodes.ServerUnreachable)]
    [InlineData("https://no-such-host.invalid/", ErrorCodes.ServerUnreachable)]
    [InlineData("ftp://127.0.0.1/", ErrorCodes.ServerUnreachable)]
    public async Task A_server_that_is_none_says_so_before_anything_is_made(string address, string errorId)
    {
        await AssertErrorAsync(errorId, () => Registration.RegisterAsync(new(Home("a"), new Uri(address), _userId, _password, _packingKey)));
        Assert.False(Directory.Exists(Home("a").Path));
    }

    private DataFolder Home(string machine) => new(Path.Combine(_root, machine));

    private static Guid Add(LocalVault vault, string name, IReadOnlyList<string> tags)
    {
        using VaultWriter writer = vault.BeginWrite();
        Guid id = writer.Add(new EntryEdit { Name = name, Tags = tags }).Id;
        writer.Commit();
        return id;
    }

    private static async Task AssertErrorAsync(string errorId, Func<Task> action) =>
        Assert.Equal(errorId, (await Assert.ThrowsAsync<PasspackException>(action)).ErrorId);
}
