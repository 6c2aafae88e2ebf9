using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Account;

/// <summary>What can be read, and what the account keeps to.</summary>
public sealed partial class LocalVault
{
    /// <summary>What the account shows of itself.</summary>
    public LocalAccountInfo Describe() => AccountInspector.Describe(Folder);

    /// <summary>Entries, one by one as they are read; no order is promised.</summary>
    /// <param name="query">Which.</param>
    /// <param name="damaged">Told of every record that does not open, which is then passed over. Null: the first one is thrown.</param>
    /// <param name="cancellationToken">Checked before every entry.</param>
    public IEnumerable<EntrySummary> List(EntryQuery query, Action<PasspackException>? damaged = null, CancellationToken cancellationToken = default)
    {
        using VaultUse use = Use();
        if (query is { Name: null, Id: null, Trashed: false })
        {
            foreach (EntrySummary summary in ListAll(use, damaged, cancellationToken))
            {
                if (query.Matches(summary))
                    yield return summary;
            }
            yield break;
        }
        foreach (EntryRow row in EntryRow.Query(use, query, withSecret: false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Open(row, () => row.OpenSummary(use.Keys), damaged) is { } summary && query.Matches(summary))
                yield return summary;
        }
    }

    /// <summary>As <see cref="List"/>, with every entry's secret opened: for export.</summary>
    public IEnumerable<FullEntry> ListFull(EntryQuery query, Action<PasspackException>? damaged = null, CancellationToken cancellationToken = default)
    {
        using VaultUse use = Use();
        foreach (EntryRow row in EntryRow.Query(use, query, withSecret: true))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Open(row, () => row.OpenFull(use.Keys), damaged) is { } entry && query.Matches(entry.Summary))
                yield return entry;
        }
    }

    /// <summary>One entry, in the trash or not.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public EntrySummary Get(Guid id)
    {
        using VaultUse use = Use();
        return FindRow(use, id, withSecret: false).OpenSummary(use.Keys);
    }

    /// <summary>What only an explicit question opens.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public EntrySecret ReadSecret(Guid id)
    {
        using VaultUse use = Use();
        return FindRow(use, id, withSecret: true).OpenFull(use.Keys).Secret;
    }

    /// <summary>Refuses what a <see cref="VaultWriter"/> would refuse of an edit, or of a new entry; writes nothing.</summary>
    /// <param name="entry">The entry that is edited; null: a new one.</param>
    /// <param name="values">What it is to hold.</param>
    /// <exception cref="ArgumentException">As of <see cref="VaultWriter.Add"/>.</exception>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RecordTooLarge"/>, <see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    internal void DemandFits(EntrySummary? entry, EntryEdit values)
    {
        EntryTexts.Check(values, demandName: entry is null);
        using VaultUse use = Use();
        EntryContent content = entry is null
            ? EntryContent.New(values, Now)
            : (EntryState.Find(use.Connection, entry.Id) ?? throw VaultUse.NotFound(entry.Id, UserId)).Open(use.Keys).Apply(values, Now);
        Guid id = entry?.Id ?? Guid.Empty;
        SealedEntry.Seal(use.Keys, id, 1, content);
        SealedEntry.SealTags(use.Keys, id, 1, EntryTags.Apply(entry?.Tags ?? [], values));
    }

    /// <summary>The tags of all entries that are not in the trash, by name.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RecordDamaged"/>: the first record of tags that does not open.</exception>
    public IReadOnlyList<TagCount> Tags(CancellationToken cancellationToken = default) => Tags(null, cancellationToken);

    /// <summary>The versions of an entry that were replaced on this machine, newest first; none for an id that is not known.</summary>
    public IReadOnlyList<EntryVersion> History(Guid id)
    {
        using VaultUse use = Use();
        return Vault.Entries.History.List(use, id);
    }

    /// <summary>Opens the data of an earlier version; its tags and favorite are the entry's of now.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public EntrySecret ReadSecret(EntryVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        using VaultUse use = Use();
        return Vault.Entries.History.Open(use, version).Data?.ToSecret() ?? new EntrySecret();
    }

    /// <summary>Changes what the account keeps to; null leaves a setting as it is.</summary>
    /// <param name="lockAfterMinutes">Idle minutes after which it locks; 0: never. Holds at once here, in other processes from their next unlock on.</param>
    /// <param name="historyVersions">Versions of an entry that are kept, 1 or more.</param>
    /// <param name="historyDays">Days that they are kept; the newest stays.</param>
    public void Configure(int? lockAfterMinutes = null, int? historyVersions = null, int? historyDays = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lockAfterMinutes ?? 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyVersions ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyDays ?? 1, 1);
        using VaultUse use = Use();
        use.Connection.Execute("""
            UPDATE account SET lock_after_minutes = coalesce($1, lock_after_minutes), history_versions = coalesce($2, history_versions),
                history_days = coalesce($3, history_days)
            """, (long?)lockAfterMinutes, (long?)historyVersions, (long?)historyDays);
        lock (_gate)
            LockAfterMinutes = lockAfterMinutes ?? LockAfterMinutes;
    }

    /// <summary>The tags of all entries that are not in the trash, by name.</summary>
    /// <param name="damaged">Told of every record that does not open, which is then passed over. Null: the first one is thrown.</param>
    /// <param name="cancellationToken">Checked before every entry.</param>
    public IReadOnlyList<TagCount> Tags(Action<PasspackException>? damaged, CancellationToken cancellationToken = default)
    {
        using VaultUse use = Use();
        return TagCount.Of(EntryRow.Query(use, new EntryQuery(), withSecret: false).SelectMany(row =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Open(row, () => row.OpenTags(use.Keys), damaged) ?? [];
        }));
    }

    private EntryRow FindRow(VaultUse use, Guid id, bool withSecret) =>
        EntryRow.Query(use, new EntryQuery { Id = id }, withSecret).FirstOrDefault()
        ?? EntryRow.Query(use, new EntryQuery { Id = id, Trashed = true }, withSecret).FirstOrDefault()
        ?? throw VaultUse.NotFound(id, UserId);

    private static T? Open<T>(EntryRow row, Func<T> open, Action<PasspackException>? damaged)
        where T : class
    {
        try
        {
            return open();
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged && damaged is not null)
        {
            damaged(e);
            return null;
        }
    }
}
