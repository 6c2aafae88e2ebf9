using System.Diagnostics;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// A cmdlet that changes entries, many in one transaction, because each transaction costs a flush of the disk, or a push. Changes are emitted after
/// their commit. The first change, and any that comes a quarter of a second after the last commit, is committed at once; changes in between wait for
/// a common commit, without a lock. Waiting changes are committed even if the pipeline ends early.
/// </summary>
public abstract partial class EntryChangeCmdlet : VaultCmdlet
{
    /// <summary>The parameter set of a piped Entry: then nothing else binds from the pipeline.</summary>
    protected const string ByEntry = "Entry";

    /// <summary>The parameter set of fields by property name.</summary>
    protected const string ByFields = "Fields";

    // A commit costs a flush of the disk; sealing a thousand entries takes a tenth of a second. Online, a batch is several pushes, and progress shows
    // each.
    private const int MostPending = 1000;
    private const int MostPendingOnline = 200;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_patienceAtEnd = TimeSpan.FromSeconds(30);

    private readonly List<EntryChange> _pending = [];
    private long? _lastCommit;

    /// <summary>Whether the cmdlet changes the online account itself.</summary>
    private protected virtual bool IsOnline => false;

    /// <summary>Whether changed entries are emitted.</summary>
    private protected virtual bool Emits => true;

    /// <summary>Makes a local change.</summary>
    private protected abstract EntrySummary? Apply(VaultWriter writer, EntryChange change);

    /// <summary>What makes the changes, in their order. It may have done what needs no transaction.</summary>
    private protected virtual IEnumerable<Func<EntrySummary?>> Ready(VaultWriter writer, EntryChange[] changes) =>
        changes.Select(change => (Func<EntrySummary?>)(() => Apply(writer, change)));

    /// <summary>Adds a change to the batch.</summary>
    private protected async Task TakeAsync(EntryChange change, CancellationToken cancellationToken)
    {
        if (_pending.Count > 0 && _pending[0].Vault != change.Vault)
            await CommitAsync(cancellationToken);
        _pending.Add(change);
        if (_pending.Count >= (IsOnline ? MostPendingOnline : MostPending) || _lastCommit is not long last || Stopwatch.GetElapsedTime(last) >= s_longestWait)
            await CommitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected sealed override Task EndAsync(CancellationToken cancellationToken) => CommitAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _pending.Count > 0)
            CommitSilently();
        base.Dispose(disposing);
    }

    /// <summary>Commits the waiting changes.</summary>
    private protected async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_pending.Count == 0)
            return;
        EntryChange[] changes = [.. _pending];
        _pending.Clear();
        IReadOnlyList<EntryOutcome> outcomes = IsOnline
            ? await ShowingAsync("Changing the online account", progress => EntryChange.ApplyOnlineAsync(changes, progress, cancellationToken))
            : Save(changes);
        _lastCommit = Stopwatch.GetTimestamp();
        WriteVerbose($"Committed {outcomes.Count(outcome => outcome.Error is null)} of {changes.Length} change(s) to the "
            + $"{(IsOnline ? "online" : "local")} account {changes[0].Vault.UserId}.");
        foreach (EntryOutcome outcome in outcomes)
        {
            if (outcome.Error is not null)
                WriteError(outcome.Error, outcome.Change.Target);
            else if (Emits && outcome.Entry is not null)
                WriteObject(new Entry(outcome.Entry, outcome.Change.Vault, IsOnline));
        }
    }

    // Emits nothing: no foreign code may run while the transaction is open.
    private List<EntryOutcome> Save(EntryChange[] changes)
    {
        var outcomes = new List<EntryOutcome>(changes.Length);
        using StoppableWork _ = StoppableWork.ToItsEnd();
        using VaultWriter writer = changes[0].Vault.BeginWrite();
        foreach ((EntryChange change, Func<EntrySummary?> apply) in changes.Zip(Ready(writer, changes)))
        {
            try
            {
                outcomes.Add(new EntryOutcome(change, apply(), null));
            }
            catch (Exception e) when (ErrorRecords.Translate(e) is { } error && IsOfOneEntry(error))
            {
                outcomes.Add(new EntryOutcome(change, null, error));
            }
        }
        writer.Commit();
        return outcomes;
    }

    // The pipeline has ended early, so output is no longer possible. After Ctrl+C, no server is waited for; a local commit takes milliseconds.
    private void CommitSilently()
    {
        EntryChange[] changes = [.. _pending];
        _pending.Clear();
        try
        {
            if (!IsOnline)
            {
                // After Ctrl+C, not for long where another program is writing.
                using StoppableWork _ = StoppableWork.By(new CancellationToken(canceled: Stopping));
                Save(changes);
            }
            else if (!Stopping)
            {
                using var patience = new CancellationTokenSource(s_patienceAtEnd);
                Task.Run(() => EntryChange.ApplyOnlineAsync(changes, null, patience.Token)).GetAwaiter().GetResult();
            }
        }
        catch (Exception e) when (e is PasspackException or OperationCanceledException)
        {
            // None of these changes was emitted.
        }
    }

    /// <summary>Whether an error concerns one entry only. Others, such as a full disk or a locked account, end the cmdlet.</summary>
    internal static bool IsOfOneEntry(PasspackException error) =>
        error.ErrorId is ErrorCodes.EntryNotFound or ErrorCodes.RecordDamaged or ErrorCodes.RecordTooLarge or ErrorCodes.SyncConflict
            or ErrorRecords.InvalidArgument;
}
