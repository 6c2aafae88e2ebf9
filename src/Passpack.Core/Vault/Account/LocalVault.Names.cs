using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>What <see cref="LocalVault.Names"/> lists, of entries that are not in the trash.</summary>
public enum VaultNames
{
    /// <summary>Entry Names.</summary>
    Entries,

    /// <summary>Entry Names in the trash.</summary>
    TrashedEntries,

    /// <summary>Tags.</summary>
    Tags,

    /// <summary>Names of Extra Fields.</summary>
    ExtraFields,
}

// What tab completion asks for at every keystroke: kept until somebody changes the vault, and no longer than it is unlocked.
public sealed partial class LocalVault
{
    private readonly Dictionary<VaultNames, string[]> _names = [];
    private VaultConnection? _watch;
    private long _keptOf;

    /// <summary>
    /// Names that begin with some characters, whatever their case, each once, in order. The first call after a change of the vault, by any process,
    /// opens every entry; those after it cost a search of what is kept.
    /// </summary>
    /// <param name="kind">Of what.</param>
    /// <param name="prefix">How they begin.</param>
    /// <param name="most">How many at the most.</param>
    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.VaultLocked"/>. What cannot be opened is passed over.</exception>
    public IReadOnlyList<string> Names(VaultNames kind, string prefix, int most)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        string[] all;
        using (VaultUse use = Use())
        {
            lock (_names)
            {
                DropStale();
                if (!_names.TryGetValue(kind, out all!))
                    _names.Add(kind, all = ReadNames(use, kind));
            }
        }
        prefix = ComposedText.Of(prefix);
        int first = Array.BinarySearch(all, prefix, ComposedText.IgnoreCase);
        // Where several names compare as equal, the search may end at any of them.
        for (first = first < 0 ? ~first : first; first > 0 && Begins(all[first - 1]); first--)
            continue;
        return [.. all.Skip(first).TakeWhile(Begins).Take(most)];

        bool Begins(string name) => ComposedText.Of(name).StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
    }

    // A connection that itself writes nothing: to it, SQLite's data_version changes with every commit of any other, in any process.
    private void DropStale()
    {
        _watch ??= VaultFile.Open(Folder);
        long version = _watch.Scalar<long>("PRAGMA data_version");
        if (version == _keptOf)
            return;
        _names.Clear();
        _summaries = null;
        _keptOf = version;
    }

    private static string[] ReadNames(VaultUse use, VaultNames kind)
    {
        IEnumerable<EntryRow> rows = EntryRow.Query(use, new EntryQuery { Trashed = kind == VaultNames.TrashedEntries }, withSecret: kind == VaultNames.ExtraFields);
        IEnumerable<string> names = rows.SelectMany(row => Open(row, () => NamesOf(use, row, kind), damaged: _ => { }) ?? []);
        return [.. names.Distinct(StringComparer.Ordinal).Order(ComposedText.IgnoreCase)];
    }

    private static IReadOnlyList<string> NamesOf(VaultUse use, EntryRow row, VaultNames kind) => kind switch
    {
        VaultNames.Entries or VaultNames.TrashedEntries => [row.OpenSummary(use.Keys).Name],
        VaultNames.Tags => row.OpenTags(use.Keys),
        VaultNames.ExtraFields => [.. row.OpenFull(use.Keys).Secret.ExtraFields.Select(field => field.Name)],
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    // When the account is locked, nobody uses it any more.
    private void ForgetNames()
    {
        _names.Clear();
        _summaries = null;
        _watch?.Dispose();
    }
}
