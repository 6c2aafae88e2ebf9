using Passpack.Vault.Entries;

namespace Passpack.Vault.Account;

// Summaries for repeated listings: kept until a process changes the vault, at most while it is unlocked.
public sealed partial class LocalVault
{
    /// <summary>The most summaries that are kept, a few megabytes. With more entries, every listing reads and opens them one by one.</summary>
    internal const int MostSummariesKept = 5000;

    private EntrySummary[]? _summaries;

    /// <summary>Every entry that is not in the trash.</summary>
    private IEnumerable<EntrySummary> ListAll(VaultUse use, Action<PasspackException>? damaged, CancellationToken cancellationToken)
    {
        (long version, EntrySummary[]? kept) = KeptSummaries();
        if (kept is not null)
        {
            foreach (EntrySummary summary in kept)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return summary;
            }
            yield break;
        }
        List<EntrySummary>? all = [];
        foreach (EntryRow row in EntryRow.Query(use, new EntryQuery(), withSecret: false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            EntrySummary? summary = Open(row, () => row.OpenSummary(use.Keys), damaged);
            // A listing with damaged records is not kept, because they have to be reported every time.
            if (summary is null || all?.Count == MostSummariesKept)
                all = null;
            if (summary is null)
                continue;
            all?.Add(summary);
            yield return summary;
        }
        if (all is not null)
            Keep(version, [.. all]);
    }

    private (long Version, EntrySummary[]? Kept) KeptSummaries()
    {
        lock (_names)
        {
            DropStale();
            return (_keptOf, _summaries);
        }
    }

    // The version has not changed since the first read, so the summaries are of one state, which is still the present one.
    private void Keep(long version, EntrySummary[] summaries)
    {
        lock (_names)
        {
            DropStale();
            if (_keptOf == version)
                _summaries = summaries;
        }
    }
}
