using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>Reading entries, and the account's settings.</summary>
public sealed partial class LocalVault
{
    /// <summary>Describes the account.</summary>
    public LocalAccountInfo Describe() => AccountInspector.Describe(Folder);

    /// <summary>Entries, one by one as they are read; no order is promised.</summary>
    /// <param name="query">Which.</param>
    /// <param name="damaged">Called for every record that does not open, which is then skipped. Null if the first such record is to throw.</param>
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

    /// <summary>Opens all that are not in the trash, each once, side by side; what is made of each must not hold its plain text.</summary>
    /// <param name="look">Called on other threads, for each entry.</param>
    /// <param name="damaged">Called for every record that does not open, which is then skipped.</param>
    /// <param name="cancellationToken">Checked before every entry.</param>
    internal IEnumerable<T> Look<T>(Func<Guid, EntryContent, T> look, Action<PasspackException> damaged, CancellationToken cancellationToken)
        where T : class
    {
        using VaultUse use = Use();
        VaultKeys keys = use.Keys;
        foreach ((T? seen, PasspackException? error) in SideBySide.InOrder(
            EntryRow.Query(use, new EntryQuery(), withSecret: true), row => LookAt(row, keys, look), row => row.Head.Length + (row.Tail?.Length ?? 0)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (error is not null)
                damaged(error);
            else
                yield return seen!;
        }
    }

    /// <summary>One entry, in the trash or not.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public EntrySummary Get(Guid id)
    {
        using VaultUse use = Use();
        return FindRow(use, id, withSecret: false).OpenSummary(use.Keys);
    }

    /// <summary>Opens the secret fields; nothing opens them unasked.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public EntrySecret ReadSecret(Guid id)
    {
        using VaultUse use = Use();
        return FindRow(use, id, withSecret: true).OpenFull(use.Keys).Secret;
    }

    /// <summary>One entry with its secret, both of one moment.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.EntryNotFound"/>, also when it is in the trash; <see cref="ErrorCodes.RecordDamaged"/>.
    /// </exception>
    internal FullEntry RequireLive(Guid id)
    {
        using VaultUse use = Use();
        return (EntryRow.Query(use, new EntryQuery { Id = id }, withSecret: true).FirstOrDefault() ?? throw VaultUse.NotFound(id, UserId)).OpenFull(use.Keys);
    }

    /// <summary>Refuses an edit, or a new entry, that a <see cref="VaultWriter"/> would refuse; writes nothing.</summary>
    /// <param name="entry">The entry that is edited. Null for a new one.</param>
    /// <param name="values">The new values.</param>
    /// <exception cref="ArgumentException">As of <see cref="VaultWriter.Add"/>.</exception>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.RecordTooLarge"/>, <see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>.
    /// </exception>
    internal void RequireFits(EntrySummary? entry, EntryEdit values)
    {
        EntryTexts.Check(values, requireName: entry is null);
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

    /// <summary>The versions of an entry that were replaced on this machine, newest first. Empty if the id is unknown.</summary>
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

    /// <summary>Changes the account's settings. Null leaves a setting as it is.</summary>
    /// <param name="lockAfterMinutes">
    /// Idle minutes after which the account locks, 0 for never. Takes effect at once in this process, in others at their next unlock.
    /// </param>
    /// <param name="historyVersions">Versions of an entry that are kept, 1 or more.</param>
    /// <param name="historyDays">Days that versions are kept; the newest always stays.</param>
    public void Configure(int? lockAfterMinutes = null, int? historyVersions = null, int? historyDays = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lockAfterMinutes ?? 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyVersions ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyDays ?? 1, 1);
        using VaultUse use = Use();
        use.Connection.InTransaction(() => AccountRow.Change(use.Connection, use.Keys, """
            UPDATE account SET lock_after_minutes = coalesce($1, lock_after_minutes), history_versions = coalesce($2, history_versions),
                history_days = coalesce($3, history_days)
            """, (long?)lockAfterMinutes, (long?)historyVersions, (long?)historyDays));
        lock (_gate)
            LockAfterMinutes = lockAfterMinutes ?? LockAfterMinutes;
    }

    /// <summary>The tags of all entries that are not in the trash, by name.</summary>
    /// <param name="damaged">Called for every record that does not open, which is then skipped. Null if the first such record is to throw.</param>
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

    private static (T? Seen, PasspackException? Error) LookAt<T>(EntryRow row, VaultKeys keys, Func<Guid, EntryContent, T> look)
        where T : class
    {
        EntryContent content;
        try
        {
            content = row.OpenContent(keys);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            return (null, e);
        }
        return (look(row.Id, content), null);
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
