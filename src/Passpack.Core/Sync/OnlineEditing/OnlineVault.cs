using Passpack.Protocol;
using Passpack.Sync.Pulling;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Sync.OnlineEditing;

/// <summary>One change of the online account itself.</summary>
public sealed record OnlineEdit
{
    /// <summary>The entry; null: a new one.</summary>
    public Guid? Id { get; init; }

    /// <summary>
    /// What changes; tags and favorite are the online account's here. Where that has no tags of an entry, those to add and to take away are
    /// added to, or taken from, the ones that this machine shows.
    /// </summary>
    public EntryEdit Values { get; init; } = new();

    /// <summary>Deletes the entry, everywhere: it goes to the other machines' trash at their next sync.</summary>
    public bool Delete { get; init; }

    /// <summary>What an entry that is not there online any more, or cannot be opened there, becomes again.</summary>
    internal EntryContent? Restored { get; init; }
}

/// <summary>What came of one <see cref="OnlineEdit"/>.</summary>
/// <param name="Edit">Which.</param>
/// <param name="Entry">The entry as online has it now; one that was deleted, as it was. Null when it failed.</param>
/// <param name="Error">
/// <see cref="ErrorCodes.EntryNotFound"/>; <see cref="ErrorCodes.SyncConflict"/>: this machine has unpushed changes of that entry.
/// Null when it is done.
/// </param>
public sealed record OnlineEditResult(OnlineEdit Edit, EntrySummary? Entry, PasspackException? Error);

/// <summary>
/// The online account itself, decrypted and sealed on this machine: the one way on which tags, favorites and deletions get there.
/// Everything is pulled and verified first.
/// </summary>
public static partial class OnlineVault
{
    // What comes down on the way to an online edit is not what the user asked for: it waits for the next sync, with that one's switches.
    private static readonly SyncOptions s_quiet = new() { ExcludeTags = true, ExcludeFavorites = true };

    /// <summary>The entries of the online account, with the tags and favorites that they have there. Changes nothing on this machine.</summary>
    /// <exception cref="PasspackException">As <see cref="VaultSync.RunAsync"/>.</exception>
    public static Task<IReadOnlyList<EntrySummary>> ListAsync(
        LocalVault vault, EntryQuery query, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LookAsync<IReadOnlyList<EntrySummary>>(vault, use =>
            [.. EntryRow.QueryMirror(use, query, withSecret: false).Select(row => row.OpenSummary(use.Keys)).Where(query.Matches)], progress, cancellationToken);

    /// <summary>As <see cref="ListAsync"/>, with every entry's secret opened.</summary>
    public static Task<IReadOnlyList<FullEntry>> ListFullAsync(LocalVault vault, EntryQuery query, CancellationToken cancellationToken = default) =>
        LookAsync<IReadOnlyList<FullEntry>>(vault, use =>
            [.. EntryRow.QueryMirror(use, query, withSecret: true).Select(row => row.OpenFull(use.Keys)).Where(entry => query.Matches(entry.Summary))],
            null,
            cancellationToken);

    /// <summary>The tags of the online account.</summary>
    public static Task<IReadOnlyList<TagCount>> TagsAsync(
        LocalVault vault, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LookAsync(
            vault,
            use => TagCount.Of(EntryRow.QueryMirror(use, new EntryQuery(), withSecret: false).SelectMany(row => row.OpenTags(use.Keys))),
            progress,
            cancellationToken);

    /// <summary>What only an explicit question opens, as online has it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, and as <see cref="ListAsync"/>.</exception>
    public static Task<EntrySecret> ReadSecretAsync(LocalVault vault, Guid id, CancellationToken cancellationToken = default) =>
        LookAsync(vault, use => Demand(use, id, withSecret: true).OpenFull(use.Keys).Secret, null, cancellationToken);

    /// <summary>Changes the online account, and then this machine's mirror of it. What fails, fails alone.</summary>
    /// <exception cref="PasspackException">As <see cref="VaultSync.RunAsync"/>: then what was not answered may or may not be done, and the next sync finds out.</exception>
    public static async Task<IReadOnlyList<OnlineEditResult>> ApplyAsync(
        LocalVault vault, IReadOnlyList<OnlineEdit> edits, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(edits);
        using SyncRun run = await SyncRun.StartAsync(vault, s_quiet, progress, cancellationToken).ConfigureAwait(false);
        var push = new Push(run);
        Guid[] ids = IdsOf(run, edits);
        await push.ResumeAsync(cancellationToken).ConfigureAwait(false);
        var results = new List<OnlineEditResult>();
        for (int round = 0; results.Count < edits.Count; round++)
        {
            await run.BackOffAsync(round, cancellationToken).ConfigureAwait(false);
            await VaultSync.PullAsync(run, cancellationToken).ConfigureAwait(false);
            while (results.Count < edits.Count)
            {
                OnlineBatch batch = OnlineBatch.Prepare(run, edits, ids, results.Count);
                try
                {
                    PushResult result = batch.Records.Count > 0 ? await push.PushAsync(batch.Records, cancellationToken).ConfigureAwait(false) : PushResult.Accepted;
                    if (result == PushResult.MovedOn)
                        break;
                    if (result == PushResult.TooLarge)
                        continue;
                    results.AddRange(batch.Results(run.Use));
                }
                catch (PasspackException e) when (e.IsTooLarge)
                {
                    // Those that made no records had failed before; one entry's are all that was sent.
                    results.AddRange(batch.Results(run.Use, e));
                }
                round = 0;
                progress?.Report(new SyncProgress("Sending changes", results.Count, edits.Count));
            }
        }
        return results;
    }

    /// <summary>
    /// The ids of the entries. A new one that was sent before and never answered, with the same content, is the same entry: whoever was told
    /// that it failed tries it again.
    /// </summary>
    private static Guid[] IdsOf(SyncRun run, IReadOnlyList<OnlineEdit> edits)
    {
        Dictionary<Guid, EntryContent> unanswered = (Outbox.Waiting(run.Connection)?.Records ?? [])
            .Where(record => record is { Stream: (byte)RecordStream.Data, Version: 1, Deleted: false } && EntryState.Find(run.Connection, record.Id) is null)
            .ToDictionary(record => record.Id, record => SealedEntry.OpenBody(run.Keys, record.Id, record.Version, record.Body));
        var ids = new Guid[edits.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            EntryContent? made = edits[i].Id is null && unanswered.Count > 0 ? EntryContent.New(edits[i].Values, run.Now) : null;
            Guid same = made is null ? Guid.Empty : unanswered.FirstOrDefault(sent => sent.Value.HasSameFieldsAs(made)).Key;
            unanswered.Remove(same);
            ids[i] = edits[i].Id ?? (same == Guid.Empty ? EntryIds.Next(run.Now) : same);
        }
        return ids;
    }

    internal static EntryRow Demand(VaultUse use, Guid id, bool withSecret) =>
        EntryRow.QueryMirror(use, new EntryQuery { Id = id }, withSecret).FirstOrDefault() ?? throw VaultUse.NotFound(id, $"{use.UserId} online");

    /// <summary>Looks at the mirror as it would be after a pull, and leaves it as it was.</summary>
    private static Task<T> LookAsync<T>(
        LocalVault vault, Func<VaultUse, T> look, IProgress<SyncProgress>? progress, CancellationToken cancellationToken) =>
        LookAsync(vault, (_, _) => Task.FromResult(true), (use, _) => look(use), progress, cancellationToken);

    /// <summary>The same, with something that is asked for online besides: before the look, which keeps others from writing.</summary>
    private static async Task<T> LookAsync<TAnswer, T>(
        LocalVault vault, Func<SyncRun, CancellationToken, Task<TAnswer>> ask, Func<VaultUse, TAnswer, T> look,
        IProgress<SyncProgress>? progress, CancellationToken cancellationToken)
    {
        using SyncRun run = await SyncRun.StartAsync(vault, s_quiet with { WhatIf = true }, progress, cancellationToken).ConfigureAwait(false);
        Pull.StageTemporarily(run.Connection);
        try
        {
            VerifiedChanges? verified = await VaultSync.StageAsync(run, cancellationToken).ConfigureAwait(false);
            TAnswer answer = await ask(run, cancellationToken).ConfigureAwait(false);
            if (verified is null)
                return look(run.Use, answer);
            run.Connection.BeginImmediate();
            new ChangeApplier(run).ApplyStagedToMirror(cancellationToken);
            return look(run.Use, answer);
        }
        finally
        {
            run.Connection.RollBack();
            Pull.StopStagingTemporarily(run.Connection);
        }
    }
}
