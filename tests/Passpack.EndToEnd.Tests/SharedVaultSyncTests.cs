using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sync.Session;
using Passpack.Sync.Sharing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Entries of a shared vault, over a real server: what one member writes the others read, as long as the log says that they are members.</summary>
public sealed class SharedVaultSyncTests(RealServer server) : IClassFixture<RealServer>, IAsyncLifetime
{
    private readonly InvitationDesk _desk = new();
    private HostileServer _server = null!;
    private TestAccount _annas = null!, _bobs = null!;
    private LocalVault _anna = null!, _bob = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await HostileServer.StartAsync(server.Address);
        _server.Lie = _desk.AnswerAsync;
        (_annas, _anna) = await RegisterAsync();
        (_bobs, _bob) = await RegisterAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _annas.DisposeAsync();
        await _bobs.DisposeAsync();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_a_member_writes_the_others_read_under_every_epoch()
    {
        Guid id = await ShareAsync(VaultRole.Editor);
        Assert.Equal(VaultRole.Editor, _bob.FindShared(id).Role);
        Add(_anna, id, "router");
        await SyncAsync(_anna);
        await SyncAsync(_bob);
        Assert.Equal(["router"], Names(_bob, id));
        Add(_bob, id, "printer");
        await SyncAsync(_bob);
        await SharedVaults.NewKeysAsync(_anna, id);
        Add(_anna, id, "scanner");
        await SyncAsync(_anna);
        await SyncAsync(_bob);
        Assert.Equal(["printer", "router", "scanner"], Names(_anna, id));
        Assert.Equal(["printer", "router", "scanner"], Names(_bob, id));
        Assert.Empty(_anna.List(new EntryQuery()));

        Assert.Single(await SyncAsync(_bob));
        Assert.Single(await SyncAsync(_anna));

        // Another machine of the same account: the personal vault tells it of the vault.
        LocalVault second = (await _bobs.MachineAsync("two", null, _server.Address)).Vault;
        IReadOnlyList<VaultSyncOutcome> brought = await SyncAsync(second);
        Assert.Equal((id, "Ops"), (brought[1].VaultId, brought[1].Result!.Vault));
        Assert.Equal(["printer", "router", "scanner"], Names(second, id));
    }

    [Fact]
    public async Task A_reader_writes_nothing_and_who_was_removed_reads_what_is_here()
    {
        Guid id = await ShareAsync(VaultRole.Editor);
        Add(_anna, id, "router");
        await SyncAsync(_anna);
        await SyncAsync(_bob);
        Add(_bob, id, "written before the demotion");
        await SharedVaults.SetRoleAsync(_anna, id, _bobs.UserId, VaultRole.Reader);
        VaultSyncOutcome demoted = (await SyncAsync(_bob))[1];
        Assert.Contains("wait", Assert.Single(demoted.Result!.Notices), StringComparison.Ordinal);
        Assert.Equal(VaultRole.Reader, _bob.FindShared(id).Role);
        Assert.Equal(ErrorCodes.NotPermitted, Assert.Throws<PasspackException>(() => _bob.OpenShared(id).BeginWrite()).ErrorId);
        await SyncAsync(_anna);
        Assert.Equal(["router"], Names(_anna, id));

        await SharedVaults.RemoveMemberAsync(_anna, id, _bobs.UserId);
        Add(_anna, id, "after the removal");
        await SyncAsync(_anna);
        VaultSyncOutcome removed = (await SyncAsync(_bob))[1];
        Assert.Null(removed.Error);
        Assert.Equal(SharedVaultStatus.Left, _bob.FindShared(id).Status);
        Assert.DoesNotContain("after the removal", Names(_bob, id));
        Assert.Contains("router", Names(_bob, id));
        Assert.Equal(ErrorCodes.NotPermitted, Assert.Throws<PasspackException>(() => _bob.OpenShared(id).BeginWrite()).ErrorId);
        Assert.Single(await SyncAsync(_bob));
    }

    private async Task<(TestAccount Account, LocalVault Vault)> RegisterAsync()
    {
        TestAccount account = await TestAccount.RegisterAsync(server);
        _desk.Identities.Add(IdentityOf(account));
        return (account, (await account.MachineAsync("one", null, _server.Address)).Vault);
    }

    private static AccountIdentity IdentityOf(TestAccount account)
    {
        using VaultKeys keys = account.Keys();
        return keys.Identity(1, account.UserId);
    }

    /// <summary>A vault of Anna's, which Bob has joined.</summary>
    private async Task<Guid> ShareAsync(VaultRole role)
    {
        Guid id = (await SharedVaults.CreateAsync(_anna, "Ops")).Id;
        await SharedVaults.ConfirmContactAsync(_anna, _bobs.UserId, IdentityOf(_bobs).ShownFingerprint);
        await SharedVaults.ConfirmContactAsync(_bob, _annas.UserId, IdentityOf(_annas).ShownFingerprint);
        await SharedVaults.AddMemberAsync(_anna, id, _bobs.UserId, role);
        await SharedVaults.AcceptAsync(_bob, id, "Ops");
        await SyncAsync(_bob);
        return id;
    }

    private static async Task<IReadOnlyList<VaultSyncOutcome>> SyncAsync(LocalVault account)
    {
        IReadOnlyList<VaultSyncOutcome> outcomes = await AllVaultsSync.RunAsync(account, new SyncOptions());
        Assert.All(outcomes, outcome => Assert.Null(outcome.Error));
        return outcomes;
    }

    private static void Add(LocalVault account, Guid id, string name)
    {
        using VaultWriter writer = account.OpenShared(id).BeginWrite();
        writer.Add(new EntryEdit { Name = name });
        writer.Commit();
    }

    private static string[] Names(LocalVault account, Guid id) =>
        [.. account.OpenShared(id).List(new EntryQuery()).Select(entry => entry.Name).Order(StringComparer.Ordinal)];
}
