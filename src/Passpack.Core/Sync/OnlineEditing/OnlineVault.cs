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
    /// <summary>The entry. Null if the edit creates one.</summary>
    public Guid? Id { get; init; }

    /// <summary>
    /// The new values; tags and favorite are those of the online account. If the online entry has no tags record, tags are added to, and removed
    /// from, those that this machine shows.
    /// </summary>
    public EntryEdit Values { get; init; } = new();

    /// <summary>Deletes the entry, everywhere: it goes to the other machines' trash at their next sync.</summary>
    public bool Delete { get; init; }

    /// <summary>The restored content of an entry that is deleted online, or whose online record cannot be opened.</summary>
    internal EntryContent? Restored { get; init; }

    /// <summary>Contents that become earlier versions of the entry, right before the change: those of an entry that is merged into it.</summary>
    internal IReadOnlyList<EntryContent> Before { get; init; } = [];
}

/// <summary>The result of one <see cref="OnlineEdit"/>.</summary>
/// <param name="Edit">Which.</param>
/// <param name="Entry">The online entry after the edit; a deleted one as it was before. Null if the edit failed.</param>
/// <param name="Error">
/// <see cref="ErrorCodes.EntryNotFound"/>; <see cref="ErrorCodes.SyncConflict"/>: this machine has unpushed changes of that entry. Null if the edit
/// was made.
/// </param>
public sealed record OnlineEditResult(OnlineEdit Edit, EntrySummary? Entry, PasspackException? Error);

/// <summary>
/// The online account itself, decrypted and sealed on this machine: the only way for tags, favorites and deletions to get online. Everything is
/// pulled and verified first.
/// </summary>
public static partial class OnlineVault
{
    // The user asked for an online edit, not for a sync: tags and favorites that the pull brings wait for the next sync and its switches.
    private static readonly SyncOptions s_quiet = new() { ExcludeTags = true, ExcludeFavorites = true };

    /// <summary>The entries of the online account, with the tags and favorites that they have there. Changes nothing on this machine.</summary>
    /// <exception cref="PasspackException">As <see cref="VaultSync.RunAsync"/>.</exception>
    public static Task<IReadOnlyList<EntrySummary>> ListAsync(
        LocalVault vault, EntryQuery query, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LookAsync<IReadOnlyList<EntrySummary>>(vault, use =>
            [.. EntryRow.QueryMirror(use, query, withSecret: false).Select(row => row.OpenSummary(use.Keys)).Where(query.Matches)],
            progress, cancellationToken);

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

    /// <summary>Opens the secret fields of the online entry; nothing opens them unasked.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, and as <see cref="ListAsync"/>.</exception>
    public static Task<EntrySecret> ReadSecretAsync(LocalVault vault, Guid id, CancellationToken cancellationToken = default) =>
        LookAsync(vault, use => Require(use, id, withSecret: true).OpenFull(use.Keys).Secret, null, cancellationToken);

    /// <summary>Changes the online account, and then this machine's mirror of it. An edit that fails does not affect the others.</summary>
    /// <exception cref="PasspackException">
    /// As <see cref="VaultSync.RunAsync"/>: then the next sync finds out whether the unanswered edits were made.
    /// </exception>
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
                    PushResult result = batch.Records.Count > 0
                        ? await push.PushAsync(batch.Records, cancellationToken).ConfigureAwait(false)
                        : PushResult.Accepted;
                    if (result == PushResult.MovedOn)
                        break;
                    if (result == PushResult.TooLarge)
                        continue;
                    results.AddRange(batch.Results(run.Use));
                }
                catch (PasspackException e) when (e.IsTooLarge)
                {
                    // Edits without records had failed before; all records of this push belong to one entry.
                    results.AddRange(batch.Results(run.Use, e));
                }
                round = 0;
                progress?.Report(new SyncProgress("Sending changes", results.Count, edits.Count));
            }
        }
        return results;
    }

    /// <summary>
    /// Syncs, and then sends this machine's tags and favorites of some entries to the online account, where it has others: no sync takes them up.
    /// </summary>
    /// <returns>An outcome for each entry that was changed online.</returns>
    /// <exception cref="PasspackException">As <see cref="VaultSync.RunAsync"/>.</exception>
    public static async Task<IReadOnlyList<OnlineEditResult>> TakeUpAsync(
        LocalVault vault, IReadOnlyCollection<Guid> ids, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(ids);
        await VaultSync.RunAsync(vault, s_quiet, progress, cancellationToken).ConfigureAwait(false);
        var online = (await ListAsync(vault, new EntryQuery(), progress, cancellationToken).ConfigureAwait(false)).ToDictionary(entry => entry.Id);
        HashSet<Guid> meant = [.. ids];
        List<OnlineEdit> edits =
        [
            .. from here in vault.List(new EntryQuery(), _ => { }, cancellationToken)
               where meant.Contains(here.Id) && online.TryGetValue(here.Id, out EntrySummary? there)
                   && (!EntryTags.AreSame(here.Tags, there.Tags) || here.Favorite != there.Favorite)
               select new OnlineEdit { Id = here.Id, Values = new EntryEdit { Tags = here.Tags, Favorite = here.Favorite } },
        ];
        return edits.Count == 0 ? [] : await ApplyAsync(vault, edits, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The ids of the entries. A new entry with the same content as one whose push was never answered gets the same id: the user saw an error, and
    /// tries again.
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

    internal static EntryRow Require(VaultUse use, Guid id, bool withSecret) =>
        EntryRow.QueryMirror(use, new EntryQuery { Id = id }, withSecret).FirstOrDefault() ?? throw VaultUse.NotFound(id, $"{use.UserId} online");

    /// <summary>Queries the mirror as it would be after a pull, and then rolls it back.</summary>
    private static Task<T> LookAsync<T>(
        LocalVault vault, Func<VaultUse, T> look, IProgress<SyncProgress>? progress, CancellationToken cancellationToken) =>
        LookAsync(vault, (_, _) => Task.FromResult(true), (use, _) => look(use), progress, cancellationToken);

    /// <summary>The same, with a further request to the server: made before the query, because the query blocks other writers.</summary>
    private static async Task<T> LookAsync<TAnswer, T>(
        LocalVault vault, Func<SyncRun, CancellationToken, Task<TAnswer>> ask, Func<VaultUse, TAnswer, T> look,
        IProgress<SyncProgress>? progress, CancellationToken cancellationToken)
    {
        using SyncRun run = await SyncRun.StartAsync(vault, s_quiet with { WhatIf = true }, progress, cancellationToken).ConfigureAwait(false);
        Staging.MakeTemporary(run.Connection);
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
            Staging.DropTemporary(run.Connection);
        }
    }
}
