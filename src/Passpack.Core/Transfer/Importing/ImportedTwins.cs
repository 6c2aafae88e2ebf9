using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Importing;

/// <summary>
/// The entries that items of one id were imported to. Nearly always it is one; but a file may have an id twice, and then each item meets its own entry
/// again: the one that was made of the same values, else the first that is left.
/// </summary>
internal sealed class ImportedTwins(LocalVault vault)
{
    private readonly List<EntrySummary> _entries = [];
    private Dictionary<string, Queue<EntrySummary>>? _byHash;
    private int _next;

    public void Add(EntrySummary entry) => _entries.Add(entry);

    /// <summary>The entry that an item means. Null if others mean all of them.</summary>
    /// <param name="hash">The item's <see cref="SourceValues.Hash"/>.</param>
    /// <param name="matched">The entries that items mean already; takes this one.</param>
    public EntrySummary? Take(Func<string> hash, HashSet<Guid> matched)
    {
        if (_entries.Count > 1 && (_byHash ??= ByHash()).TryGetValue(hash(), out Queue<EntrySummary>? same))
        {
            while (same.TryDequeue(out EntrySummary? entry))
            {
                if (matched.Add(entry.Id))
                    return entry;
            }
        }
        while (_next < _entries.Count)
        {
            EntrySummary entry = _entries[_next++];
            if (matched.Add(entry.Id))
                return entry;
        }
        return null;
    }

    // Each secret is opened once, however many items there are.
    private Dictionary<string, Queue<EntrySummary>> ByHash()
    {
        _entries.Sort((x, y) => (x.Created, x.Id).CompareTo((y.Created, y.Id)));
        return _entries.GroupBy(entry => vault.ReadSecret(entry.Id).Imported?.Hash ?? "", StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => new Queue<EntrySummary>(same), StringComparer.Ordinal);
    }
}
