using Passpack.Sync.Session;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>How to sync, and what the clock of that machine says.</summary>
internal sealed record SyncSettings(bool ExcludeTags, bool ExcludeFavorites, ConflictPolicy Policy, IReadOnlyDictionary<string, ConflictPolicy> Resolve, long Now)
{
    public bool Excludes(Flag flag) => flag == Flag.Tags ? ExcludeTags : ExcludeFavorites;

    public ConflictPolicy PolicyOf(string id) => Resolve.TryGetValue(id, out ConflictPolicy settled) ? settled : Policy;
}

/// <summary>A state on the way; the last one of a way tells what was done. An interruption leaves any of them.</summary>
/// <param name="State">What would be there if the machine's power went out now.</param>
/// <param name="Done">Id and action of every change so far.</param>
/// <param name="Error">The error id that it ended with.</param>
internal sealed record Stage(AccountState State, IReadOnlyList<string> Done, string? Error = null)
{
    public string Outcome => Error ?? string.Join(", ", Done.Order(StringComparer.Ordinal));
}

/// <summary>The table of docs/sync.md.</summary>
internal static class SyncRules
{
    public const string SyncConflict = "SyncConflict";
    public const string EntryNotFound = "EntryNotFound";

    /// <summary>A whole sync; or, as a plan, up to its first push.</summary>
    public static IEnumerable<Stage> Sync(this AccountState state, int machine, SyncSettings settings)
    {
        IReadOnlyList<string> resumedDone = [];
        foreach (AccountState resumed in state.Resume(machine))
        {
            if (Arrived(state[machine], resumed[machine], settings) is { Count: > 0 } arrived)
                resumedDone = arrived;
            yield return new Stage(state = resumed, resumedDone);
        }
        (AccountState applied, List<string> done, bool stops) = state.Apply(machine, settings);
        if (stops)
        {
            yield return new Stage(state, [], SyncConflict);
            yield break;
        }
        done.AddRange(resumedDone);
        yield return new Stage(applied, done);
        foreach (AccountState pushed in applied.PushPending(machine))
            yield return new Stage(pushed, done);
    }

    /// <summary>What a plan says: what a sync would do, conflicts that would stop it included.</summary>
    public static string Plan(this AccountState state, int machine, SyncSettings settings)
    {
        AccountState resumed = state.Resume(machine).Last();
        return new Stage(resumed, [.. Arrived(state[machine], resumed[machine], settings), .. resumed.Apply(machine, settings).Done]).Outcome;
    }

    /// <summary>What the repeat of a push that was never answered tells.</summary>
    private static IReadOnlyList<string> Arrived(MachineState before, MachineState after, SyncSettings settings) =>
        before.Outbox is { } sent && after.Outbox is null && after.Mirror.Revision > before.Mirror.Revision ? Reconciliation.Arrived(before, after, sent, settings) : [];

    /// <summary>Sends again what was never answered.</summary>
    public static IEnumerable<AccountState> Resume(this AccountState state, int machine)
    {
        yield return state;
        if (state[machine].Outbox is not { } outbox)
            yield break;
        if (!outbox.IsAccepted && state.Online.Revision != outbox.BaseRevision)
        {
            yield return state.With(machine, state[machine] with { Outbox = null });
            yield break;
        }
        if (!outbox.IsAccepted)
            yield return state = state.Accept(machine);
        yield return state.Acknowledge(machine);
    }

    private static (AccountState State, List<string> Done, bool Stops) Apply(this AccountState state, int machine, SyncSettings settings)
    {
        var apply = new Reconciliation(state, machine, settings);
        apply.Pull();
        apply.ReleaseFlags();
        apply.Reconcile();
        return (apply.Result, apply.Done, apply.Stops);
    }

    public static AccountState Pull(this AccountState state, int machine)
    {
        var pull = new Reconciliation(state, machine, new SyncSettings(true, true, ConflictPolicy.Newest, new Dictionary<string, ConflictPolicy>(), 0));
        pull.Pull();
        return pull.Result;
    }

    private static IEnumerable<AccountState> PushPending(this AccountState state, int machine)
    {
        MachineState here = state[machine];
        // An edit that lost against a deletion goes up before that.
        List<(string, Record, Content?)> data = [.. here.Local.Where(change => change.Value.IsPending && (!change.Value.IsTrashed || change.Value.Loser is not null)).Select(change =>
            (change.Key, new Record(here.Mirror.Version(change.Key) + (change.Value.Loser is null ? 1 : 2), change.Value.IsTrashed ? null : change.Value.Own), change.Value.Loser))];
        return data.Count == 0 ? [] : state.Push(machine, new Outbox(here.Mirror.Revision, [.. data], []));
    }

    /// <summary>Written down, accepted, acknowledged.</summary>
    public static IEnumerable<AccountState> Push(this AccountState state, int machine, Outbox outbox)
    {
        yield return state = state.With(machine, state[machine] with { Outbox = outbox });
        yield return state = state.Accept(machine);
        yield return state.Acknowledge(machine);
    }

    private static AccountState Accept(this AccountState state, int machine)
    {
        Outbox outbox = state[machine].Outbox!;
        Records online = state.Online;
        var versions = state.Versions;
        foreach ((string id, Record record, Content? loser) in outbox.Data)
        {
            online = online with { Data = online.Data.SetItem(id, record) };
            var earlier = versions.GetValueOrDefault(id, []);
            versions = versions.SetItem(id, (loser is null ? earlier : earlier.Add(new Record(record.Version - 1, loser) { IsLoser = true })).Add(record));
        }
        foreach ((Flag flag, string id, FlagRecord record) in outbox.Flags)
            online = online with { Flags = online.Flags.SetItem((flag, id), record) };
        return (state with { Online = online with { Revision = online.Revision + 1 }, Versions = versions })
            .With(machine, state[machine] with { Outbox = outbox with { IsAccepted = true } });
    }

    /// <summary>The mirror takes over what went up.</summary>
    private static AccountState Acknowledge(this AccountState state, int machine)
    {
        MachineState here = state[machine];
        Outbox outbox = here.Outbox!;
        here = here with { Outbox = null };
        foreach ((string id, Record record, _) in outbox.Data)
        {
            if (!record.IsLive)
            {
                here = Reconciliation.TakeDeletion(here, id, record);
                if (here.Local.TryGetValue(id, out Change? lost) && lost.Loser is not null)
                    here = here with { Local = here.Local.SetItem(id, lost with { Loser = null }) };
                continue;
            }
            if (here.Local.TryGetValue(id, out Change? change))
            {
                here = here with
                {
                    // Trashed meanwhile, or edited meanwhile: then that edit is one of what went up.
                    Local = change.IsTrashed ? here.Local.SetItem(id, change with { IsPending = true })
                        : ReferenceEquals(change.Own, record.Content) ? here.Local.Remove(id)
                        : here.Local.SetItem(id, new Change(change.Own, record)),
                };
            }
            here = here with { Mirror = here.Mirror with { Data = here.Mirror.Data.SetItem(id, record) } };
        }
        foreach ((Flag flag, string id, FlagRecord record) in outbox.Flags)
            here = here with { Own = here.Own.Remove((flag, id)), Mirror = here.Mirror with { Flags = here.Mirror.Flags.SetItem((flag, id), record) } };
        return state.With(machine, here with { Mirror = here.Mirror with { Revision = outbox.BaseRevision + 1 } });
    }
}
