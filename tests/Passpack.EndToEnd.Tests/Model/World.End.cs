using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>What must hold when everybody has synced.</summary>
internal sealed partial class World
{
    private async Task CheckEndAsync()
    {
        Machine first = _machines[Connected.First()]!;
        foreach (int machine in Connected)
            Assert.Equal(first.Dump(), _machines[machine]!.Dump());
        CheckNothingLost(await CheckOnlineAsync(first));
    }

    /// <summary>Online has what the model says; and every version that was ever pushed, losers too, is there to be restored.</summary>
    /// <returns>What the earlier versions say.</returns>
    private async Task<HashSet<string>> CheckOnlineAsync(Machine machine)
    {
        var earlier = new HashSet<string>();
        List<string> found = [.. (await OnlineVault.ListFullAsync(machine.Vault, new EntryQuery()))
            .Select(entry => $"{_names[entry.Summary.Id]} {MachineState.Line(ContentOf(entry), true, string.Join('\n', entry.Summary.Tags), entry.Summary.Favorite ? "yes" : "")}")
            .Order(StringComparer.Ordinal)];
        // An entry that was pushed once has no earlier version.
        string[] replaced = [.. _states.SelectMany(state => state.Versions.Where(versions => versions.Value.Count > 1).Select(versions => versions.Key)).Distinct().Order(StringComparer.Ordinal)];
        using (SyncRun run = await SyncRun.StartAsync(machine.Vault, new SyncOptions { WhatIf = true, Timeouts = account.Timeouts }, null, CancellationToken.None))
        {
            foreach (string id in replaced)
            {
                VersionPage page = await run.GetAsync(Routes.Versions, $"?stream={(int)RecordStream.Data}&record={_ids[id]:N}", VersionPage.ReadAsync, CancellationToken.None);
                foreach (RecordChange version in page.Versions.Select(version => version.Record))
                {
                    Content? content = version.Deleted ? null : ContentOf(SealedEntry.OpenBody(run.Keys, version.Id, version.Version, version.Body));
                    found.Add(VersionText(id, version.Version, content));
                    earlier.UnionWith(content is null ? [] : Texts(content));
                }
            }
        }
        IEnumerable<string> expected = [];
        if (!_states.Exists(state => found.SequenceEqual(expected = Online(state, replaced))))
            Assert.Equal(expected, found);
        return earlier;
    }

    private static IEnumerable<string> Online(AccountState state, string[] replaced) =>
    [
        .. state.Online.Data.Where(entry => entry.Value.IsLive).Select(entry => $"{entry.Key} " +
            MachineState.Line(entry.Value.Content!, true, state.Online.Flags.GetValueOrDefault((Flag.Tags, entry.Key))?.Value, state.Online.Flags.GetValueOrDefault((Flag.Favorite, entry.Key))?.Value)),
        .. replaced.SelectMany(id => state.Versions.GetValueOrDefault(id, []).SkipLast(1).Reverse().Select(version =>
            VersionText(id, version.Version, version.Content))),
    ];

    private static string VersionText(string id, long version, Content? content) => $"{id} was in version {version} {content?.ToText() ?? "deleted"}";

    /// <summary>
    /// Every value ever written is in the entry, its history or the trash of some machine, unless it was removed for good. What was written online may never have been
    /// shown on any machine, because that has an edit of its own: then it is online.
    /// </summary>
    private void CheckNothingLost(HashSet<string> earlier)
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
                    found.UnionWith(Texts(ContentOf(History.Open(use, version).Data!)));
            }
        }
        Assert.DoesNotContain(_written, written => !found.Contains(written.Value) && !(written.IsOnline && earlier.Contains(written.Value)) && !_purged.Contains(written.Id));
    }

    private static IEnumerable<string> Texts(Content content) => content.Fields.Values.SelectMany(value => value.Split('\n', ' '));
}
