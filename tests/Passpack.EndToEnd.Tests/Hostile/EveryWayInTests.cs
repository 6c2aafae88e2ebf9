using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>What a sync refuses is refused by everything else that looks at the online account.</summary>
public sealed class EveryWayInTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    private static readonly Dictionary<string, Func<HostileTests, Task>> s_ways = new()
    {
        ["a sync"] = tests => tests.Victim.SyncAsync(),
        ["a plan"] = tests => tests.Victim.SyncAsync(whatIf: true),
        ["a list"] = tests => OnlineVault.ListAsync(tests.Victim.Vault, new EntryQuery()),
        ["a full list"] = tests => OnlineVault.ListFullAsync(tests.Victim.Vault, new EntryQuery()),
        ["the tags"] = tests => OnlineVault.TagsAsync(tests.Victim.Vault),
        ["a secret"] = tests => OnlineVault.ReadSecretAsync(tests.Victim.Vault, tests.Changed),
        ["the history"] = tests => OnlineVault.HistoryAsync(tests.Victim.Vault, tests.Changed),
        ["a restored version"] = tests => OnlineVault.RestoreAsync(tests.Victim.Vault, tests.Changed, 1),
        ["a new entry"] = tests => tests.Victim.OnlineAsync(new OnlineEdit { Values = new EntryEdit { Name = "entry that is never made" } }),
        ["an edit"] = tests => tests.Victim.OnlineAsync(new OnlineEdit { Id = tests.Changed, Values = new EntryEdit { Notes = "never set" } }),
        ["a deletion"] = tests => tests.Victim.OnlineAsync(new OnlineEdit { Id = tests.Changed, Delete = true }),
    };

    public static TheoryData<string> Ways() => [.. s_ways.Keys];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_record_left_out_is_found_by(string way)
    {
        string before = Victim.DumpVault();
        Hostile.Lie = Lies.Changes(change => change.Id == Added, _ => null);
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => s_ways[way](this));
        Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
        Assert.Equal(before, Victim.DumpVault());
        await HonestAgainAsync();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_account_set_back_is_found_by(string way)
    {
        string before = Victim.DumpVault();
        Hostile.Lie = Lies.Page(_ => new ChangePage([], null, new VaultHead(0, 1, 1, 7, [])));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => s_ways[way](this));
        Assert.Equal(ErrorCodes.ServerRolledBack, refused.ErrorId);
        Assert.Equal(before, Victim.DumpVault());
        await HonestAgainAsync();
    }
}
