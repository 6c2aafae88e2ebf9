using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync;
using Passpack.Vault;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>What must hold when everybody has synced.</summary>
internal sealed partial class World
{
    private async Task CheckEndAsync()
    {
        Machine first = _machines[Connected.First()]!;
        foreach (int machine in Connected)
        {
            SyncResult idle = await _machines[machine]!.SyncAsync();
            Assert.Equal((1, 0), (idle.Requests, idle.Changes.Count));
            Assert.Equal(first.Dump(), _machines[machine]!.Dump());
        }
        await CheckOnlineAsync(first);
        CheckNothingLost();
    }

    /// <summary>Online has what the model says; and every version that was ever pushed, losers too, is there to be restored.</summary>
    private async Task CheckOnlineAsync(Machine machine)
    {
        List<string> found = [.. (await OnlineVault.ListFullAsync(machine.Vault, new EntryQuery()))
            .Select(entry => $"{_names[entry.Summary.Id]} {MachineState.Line(ContentOf(entry), true, string.Join('\n', entry.Summary.Tags), entry.Summary.Favorite ? "yes" : "")}")
            .Order(StringComparer.Ordinal)];
        // An entry that was pushed once has no earlier version.
        string[] replaced = [.. _states.SelectMany(state => state.Versions.Where(versions => versions.Value.Count > 1).Select(versions => versions.Key)).Distinct().Order(StringComparer.Ordinal)];
        foreach (string id in replaced)
        {
            foreach (OnlineVersion version in await OnlineVault.HistoryAsync(machine.Vault, _ids[id]))
                found.Add(VersionText(id, version.Version, version.Entry?.Name, version.Entry?.Modified.ToUnixTimeMilliseconds()));
        }
        IEnumerable<string> expected = [];
        if (!_states.Exists(state => found.SequenceEqual(expected = Online(state, replaced))))
            Assert.Equal(expected, found);
    }

    private static IEnumerable<string> Online(AccountState state, string[] replaced) =>
    [
        .. state.Online.Data.Where(entry => entry.Value.IsLive).Select(entry => $"{entry.Key} " +
            MachineState.Line(entry.Value.Content!, true, state.Online.Flags.GetValueOrDefault((Flag.Tags, entry.Key))?.Value, state.Online.Flags.GetValueOrDefault((Flag.Favorite, entry.Key))?.Value)),
        .. replaced.SelectMany(id => state.Versions.GetValueOrDefault(id, []).SkipLast(1).Reverse().Select(version =>
            VersionText(id, version.Version, version.Content?[Content.Name], version.Content?.Modified))),
    ];

    private static string VersionText(string id, long version, string? name, long? modified) => $"{id} was in version {version} {name ?? "deleted"} {modified}";

    /// <summary>Every value ever written is in the entry, its history or the trash of some machine, unless it was removed for good.</summary>
    private void CheckNothingLost()
    {
        var found = new HashSet<string>();
        foreach (int i in Connected)
        {
            LocalVault vault = _machines[i]!.Vault;
            using VaultUse use = vault.Use();
            foreach (FullEntry entry in vault.ListFull(new EntryQuery()).Concat(vault.ListFull(new EntryQuery { Trashed = true })))
                found.UnionWith(Texts(ContentOf(entry)));
            foreach (string id in _written.Select(written => written.Id).Distinct().Where(_ids.ContainsKey))
            {
                foreach (EntryVersion version in vault.History(_ids[id]).Where(version => version.IsData))
                {
                    EntryContent data = History.Open(use, version).Data!;
                    found.UnionWith(Texts(new Content(FieldsOf(data.Name, data.UserId, data.Url, data.Email, data.ToSecret()), ContentTimes, 0, 0)));
                }
            }
        }
        Assert.DoesNotContain(_written, written => !found.Contains(written.Value) && !_purged.Contains(written.Id));
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, long> ContentTimes => System.Collections.Immutable.ImmutableSortedDictionary<string, long>.Empty;

    private static IEnumerable<string> Texts(Content content) => content.Fields.Values.SelectMany(value => value.Split('\n', ' '));
}
