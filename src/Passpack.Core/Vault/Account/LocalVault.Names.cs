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

// Names for tab completion, which asks at every keystroke: kept until a process changes the vault, at most while it is unlocked.
public sealed partial class LocalVault
{
    private readonly Dictionary<VaultNames, string[]> _names = [];
    private VaultConnection? _watch;
    private long _keptOf;

    /// <summary>
    /// Names that begin with some characters, whatever their case, each once, in order. The first call after a change of the vault by any process
    /// opens every entry; later calls search the kept names.
    /// </summary>
    /// <param name="kind">Of what.</param>
    /// <param name="prefix">How they begin.</param>
    /// <param name="most">How many at the most.</param>
    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.VaultLocked"/>. Records that cannot be opened are skipped.</exception>
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
        // If several names compare as equal, the binary search may end at any of them: go back to the first.
        for (first = first < 0 ? ~first : first; first > 0 && Begins(all[first - 1]); first--)
            continue;
        return [.. all.Skip(first).TakeWhile(Begins).Take(most)];

        bool Begins(string name) => ComposedText.Of(name).StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
    }

    // A connection that never writes: SQLite's data_version changes on it with every commit of any other connection, in any process.
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
        IEnumerable<EntryRow> rows = EntryRow.Query(use, new EntryQuery { Trashed = kind == VaultNames.TrashedEntries },
            withSecret: kind == VaultNames.ExtraFields);
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

    // Called when the account is locked and no longer in use.
    private void ForgetNames()
    {
        _names.Clear();
        _summaries = null;
        _watch?.Dispose();
    }
}
