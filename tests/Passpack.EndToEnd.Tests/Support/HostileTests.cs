using System.Text;
using Passpack.EndToEnd.Tests.Model;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>
/// A victim whose server is hostile, and a friend whose way to the same account is honest. The victim has synced once; since then the
/// friend changed, added, tagged and deleted entries online, and the victim has changes of its own.
/// </summary>
public abstract class HostileTests(RealServer server) : IAsyncLifetime
{
    internal TestAccount Account { get; private set; } = null!;

    internal HostileServer Hostile { get; private set; } = null!;

    internal Machine Victim { get; private set; } = null!;

    /// <summary>The victim's.</summary>
    internal Clock Clock { get; } = new();

    internal Machine Friend { get; private set; } = null!;

    /// <summary>Changed by the friend.</summary>
    internal Guid Changed { get; private set; }

    /// <summary>Changed by the victim.</summary>
    internal Guid Own { get; private set; }

    /// <summary>Deleted online by the friend.</summary>
    internal Guid Deleted { get; private set; }

    /// <summary>New, the friend's.</summary>
    internal Guid Added { get; private set; }

    protected RealServer Server => server;

    public virtual async ValueTask InitializeAsync()
    {
        Account = await TestAccount.RegisterAsync(server);
        Hostile = await HostileServer.StartAsync(server.Address);
        Victim = await Account.MachineAsync("victim", Clock, Hostile.Address);
        Friend = await Account.MachineAsync("friend");
        Changed = Friend.Add("entry changed by friend", Values("changed")).Id;
        Own = Friend.Add("entry changed by victim", Values("own")).Id;
        Deleted = Friend.Add("entry deleted online", Values("deleted")).Id;
        await Friend.SyncAsync();
        await Friend.OnlineAsync(new OnlineEdit { Id = Changed, Values = new EntryEdit { Tags = ["first tag"], Favorite = true } });
        await Victim.SyncAsync();

        Friend.Edit(Changed, new EntryEdit { Notes = "notes after the change", Password = "password after the change" });
        Added = Friend.Add("entry added by friend", Values("added")).Id;
        await Friend.SyncAsync();
        await Friend.OnlineAsync(new OnlineEdit { Id = Deleted, Delete = true });
        await Friend.OnlineAsync(new OnlineEdit { Id = Changed, Values = new EntryEdit { Tags = ["second tag"] } });
        Victim.Edit(Own, new EntryEdit { Notes = "notes of the victim" });
        Victim.Add("entry added by victim", Values("victim") with { Tags = ["tag of the victim"] });
    }

    public async ValueTask DisposeAsync()
    {
        // The next test's server, too.
        server.Clock.Off = 0;
        await Hostile.DisposeAsync();
        await Account.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal static EntryEdit Values(string mark) => new()
    {
        UserId = $"user id of {mark}",
        Password = $"password of {mark}",
        Url = $"https://url.of.{mark}.example/",
        Email = $"email.of@{mark}.example",
        Notes = $"notes of {mark}",
        SharedNotes = $"shared notes of {mark}",
        ExtraFields = [new ExtraField("extra field name", "text", $"extra data of {mark}")],
    };

    /// <summary>The lie is refused with this id, the vault is exactly as before, and everything goes on once the server is honest.</summary>
    internal async Task RefusedAsync(string errorId, Lie lie, SyncOptions? options = null)
    {
        string before = Victim.DumpVault();
        Hostile.Lie = lie;
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync(options ?? new SyncOptions()));
        Assert.True(refused.ErrorId == errorId, $"{errorId} was expected, not {refused}");
        Assert.Equal(before, Victim.DumpVault());
        await HonestAgainAsync();
    }

    /// <summary>The lie damages one record: it is reported, the rest is synced, and it is repaired once the server is honest.</summary>
    internal async Task DamagedAsync(Guid id, Lie lie, Action? meanwhile = null)
    {
        Hostile.Lie = lie;
        SyncResult result = await Victim.SyncAsync();
        Assert.Equal(id, Assert.Single(result.Changes, change => change.Action == SyncAction.Damaged).Id);
        Assert.True(Victim.HasInTrash(Deleted));
        meanwhile?.Invoke();
        Hostile.Lie = null;
        Assert.Contains((await Victim.SyncAsync()).Changes, change => change.Id == id && change.Action is not SyncAction.Damaged);
        await HonestAgainAsync();
    }

    /// <summary>The very first honest sync works; then both machines have everything that either had, once, and nothing has leaked.</summary>
    internal async Task HonestAgainAsync()
    {
        Hostile.Lie = null;
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Assert.Empty((await Friend.SyncAsync()).Changes);
        Assert.Empty((await Victim.SyncAsync()).Changes);
        AssertConverged();
        AssertNothingLeaked();
    }

    /// <summary>An honest server in small pages, and a friend who pushes something right before the victim's first push.</summary>
    internal Lie Busy(string sharedNotes = "pushed in between")
    {
        int pushed = 0;
        Lie pages = Lies.InPagesOf(1);
        return async exchange =>
        {
            if (exchange.Is(Routes.Pushes) && Interlocked.Exchange(ref pushed, 1) == 0)
            {
                Friend.Edit(Changed, new EntryEdit { SharedNotes = sharedNotes });
                await Friend.SyncAsync();
            }
            return await pages(exchange);
        };
    }

    internal void AssertSound()
    {
        using VaultUse use = Victim.Vault.Use();
        Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA integrity_check"));
        Assert.Equal(0, use.Connection.Scalar<long>("SELECT count(*) FROM pragma_foreign_key_check"));
    }

    internal void AssertConverged()
    {
        Assert.Equal(Friend.Dump(), Victim.Dump());
        Assert.Equal(
            ["entry added by friend", "entry added by victim", "entry changed by friend", "entry changed by victim"],
            Victim.Vault.List(new EntryQuery()).Select(entry => entry.Name).Where(name => name.StartsWith("entry ", StringComparison.Ordinal)).Order());
        Assert.Equal("notes after the change", Victim.Get(Changed).Secret.Notes);
        Assert.Equal("notes of the victim", Friend.Get(Own).Secret.Notes);
        Assert.Equal(["second tag"], Victim.Get(Changed).Summary.Tags);
        Assert.True(Victim.HasInTrash(Deleted));
        Assert.Contains(Victim.Vault.List(new EntryQuery()), entry => entry.Tags.Contains("tag of the victim"));
    }

    internal void AssertNothingLeaked() => Assert.Empty(SecretSearch.Find(Hostile.Seen, Account.SecretKeys()
        .Concat(Victim.Texts().Concat(Friend.Texts()).Distinct().Select(text => (text, Encoding.UTF8.GetBytes(text))))));

    internal static RecordChange Forged(RecordStream stream, Guid id, long version, bool deleted, byte[] body) =>
        new((byte)stream, id, version, deleted, RecordBody.Digest(body), body);
}
