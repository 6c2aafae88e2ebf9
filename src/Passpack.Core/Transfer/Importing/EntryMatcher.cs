using Passpack.Protocol;
using Passpack.Transfer.Reading;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Importing;

/// <summary>
/// Finds the entry that a row means: the one with its id, else the one with its Entry Name, User ID and URL; among equal ones the k-th
/// for the k-th such row, in the order in which they were made. So a file that is imported again meets each entry again.
/// </summary>
internal sealed class EntryMatcher
{
    private readonly LocalVault _vault;
    private readonly bool _vaultIsEmpty;
    private readonly Lazy<bool> _hasTrash;
    private readonly Dictionary<string, Dictionary<Key, Queue<EntrySummary>>?> _byName = new(StringComparer.Ordinal);
    private HashSet<(string Name, Key Key)>? _trash;
    private readonly HashSet<Guid> _idsOfFile = [];
    private readonly HashSet<Guid> _matched = [];
    private Dictionary<string, ImportedTwins>? _byItem;
    private Dictionary<(string Name, Key Key), Queue<EntrySummary>>? _importedTrash;

    public EntryMatcher(LocalVault vault)
    {
        _vault = vault;
        // Most large imports go into an empty vault: that is checked once, instead of a query for each row.
        bool damaged = false;
        _hasTrash = new Lazy<bool>(() => _vault.List(new EntryQuery { Trashed = true }, damaged: _ => { }).Any());
        _vaultIsEmpty = !_vault.List(new EntryQuery(), _ => damaged = true).Any() && !damaged;
    }

    /// <summary>The entry that the row means. Null if there is none, or it is in the trash.</summary>
    /// <exception cref="PasspackException">The row cannot be matched.</exception>
    public EntrySummary? Match(ImportRow row)
    {
        if (row.Id is { } id)
        {
            if (!_idsOfFile.Add(id))
                throw new PasspackException(ErrorCodes.ImportRowInvalid, "Id: an earlier row of the file has the same");
            if (!_vaultIsEmpty && _vault.List(new EntryQuery { Id = id }).FirstOrDefault() is { } entry)
            {
                return _matched.Add(id)
                    ? entry
                    : throw new PasspackException(ErrorCodes.ImportRowInvalid, "Id: an earlier row without an id stands for this entry already");
            }
        }
        return FindByName(row.Values!);
    }

    /// <summary>
    /// The entry that an item of another program's file was imported to, also in the trash; without such a one, the one with its Entry Name, User ID and
    /// URL. Null if there is none.
    /// </summary>
    public EntrySummary? Match(SourceTrace source, ImportRow row)
    {
        if (source.Id is not { Length: > 0 } id)
            return FindByName(row.Values!);
        if (_vaultIsEmpty && !_hasTrash.Value)
            return null;
        _byItem ??= Imported();
        if (_byItem.TryGetValue(ImportTrace.KeyOf(source.Format.ToString(), id), out ImportedTwins? entries))
            return entries.Take(() => SourceValues.Hash(source, SourceValues.Of(row.Values!)), _matched);
        // An entry of another item is never meant by its name alone.
        return FindByName(row.Values!, other => other.ImportKey.Length == 0);
    }

    /// <summary>
    /// The entry in the trash that an item without an id was imported to, which lies in the trash or the archive of its source; one that another reason
    /// brought there is never meant. Null if there is none.
    /// </summary>
    public EntrySummary? MatchInTrash(SourceTrace source, ImportRow row)
    {
        if (source.Id is { Length: > 0 } || !_hasTrash.Value)
            return null;
        _importedTrash ??= _vault.List(new EntryQuery { Trashed = true }, damaged: _ => { }).Where(entry => entry.ImportKey.Length == 0)
            .OrderBy(entry => entry.Created).ThenBy(entry => entry.Id)
            .GroupBy(entry => (entry.Name, new Key(entry.UserId, entry.Url)))
            .ToDictionary(equals => equals.Key, equals => new Queue<EntrySummary>(equals));
        EntryEdit values = row.Values!;
        if (!_importedTrash.TryGetValue((values.Name!, new Key(values.UserId ?? "", values.Url ?? "")), out Queue<EntrySummary>? equals))
            return null;
        while (equals.TryDequeue(out EntrySummary? entry))
        {
            if (_vault.ReadSecret(entry.Id).Imported?.Format == source.Format.ToString() && _matched.Add(entry.Id))
                return entry;
        }
        return null;
    }

    /// <summary>Whether an entry in the trash has the row's Entry Name, User ID and URL. A row means none of those.</summary>
    public bool IsLikeOneInTrash(EntryEdit values)
    {
        _trash ??= [.. _vault.List(new EntryQuery { Trashed = true }, damaged: _ => { }).Select(entry => (entry.Name, new Key(entry.UserId, entry.Url)))];
        return _trash.Contains((values.Name!, new Key(values.UserId ?? "", values.Url ?? "")));
    }

    private Dictionary<string, ImportedTwins> Imported()
    {
        var found = new Dictionary<string, ImportedTwins>(StringComparer.Ordinal);
        foreach (bool trashed in new[] { false, true })
        {
            foreach (EntrySummary entry in _vault.List(new EntryQuery { Trashed = trashed }, damaged: _ => { }))
            {
                if (entry.ImportKey.Length == 0)
                    continue;
                if (!found.TryGetValue(entry.ImportKey, out ImportedTwins? twins))
                    found.Add(entry.ImportKey, twins = new ImportedTwins(_vault));
                twins.Add(entry);
            }
        }
        return found;
    }

    private EntrySummary? FindByName(EntryEdit values, Func<EntrySummary, bool>? fits = null)
    {
        if (_vaultIsEmpty)
            return null;
        // Queried once a name, so that entries added by this import are never matched, and equal names cost no further query.
        if (!_byName.TryGetValue(values.Name!, out Dictionary<Key, Queue<EntrySummary>>? candidates))
            _byName.Add(values.Name!, candidates = Load(values.Name!));
        if (candidates is null || !candidates.TryGetValue(new Key(values.UserId ?? "", values.Url ?? ""), out Queue<EntrySummary>? equals))
            return null;
        while (equals.TryDequeue(out EntrySummary? entry))
        {
            if (fits?.Invoke(entry) is not false && _matched.Add(entry.Id))
                return entry;
        }
        return null;
    }

    private Dictionary<Key, Queue<EntrySummary>>? Load(string name)
    {
        // A damaged entry matches no row; listing the vault reports it.
        List<EntrySummary> entries = [.. _vault.List(new EntryQuery { Name = name }, damaged: _ => { }).Where(entry => entry.Name == name)];
        return entries.Count == 0 ? null : entries
            .OrderBy(entry => entry.Created).ThenBy(entry => entry.Id)
            .GroupBy(entry => new Key(entry.UserId, entry.Url))
            .ToDictionary(equals => equals.Key, equals => new Queue<EntrySummary>(equals));
    }

    private readonly record struct Key(string UserId, string Url);
}
