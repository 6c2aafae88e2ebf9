using Passpack.Sync.Session;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>What a sync does on one machine before it pushes.</summary>
internal sealed class Reconciliation(AccountState state, int machine, SyncSettings settings)
{
    private readonly HashSet<string> _new = [];
    private readonly HashSet<string> _planned = [];
    private MachineState _here = state[machine];

    public List<string> Done { get; } = [];

    public bool Stops { get; private set; }

    public AccountState Result => state.With(machine, _here);

    /// <summary>Rows 3, 7, 9, 10, 12, and 14 to 16.</summary>
    public void Pull()
    {
        foreach ((string id, Record record) in state.Online.Data)
        {
            if (_here.Mirror.Data.GetValueOrDefault(id) is { } known && known.Version == record.Version)
                continue;
            if (record.IsLive)
                TakeContent(id, record);
            else
                TakeDeletion(id, record);
        }
        foreach (((Flag flag, string id), FlagRecord record) in state.Online.Flags)
        {
            if (_here.Mirror.Flags.GetValueOrDefault((flag, id))?.Version != record.Version)
                TakeFlag(flag, id, record);
        }
        _here = _here with { Mirror = _here.Mirror with { Revision = state.Online.Revision } };
    }

    /// <summary>Own tags and favorites give way wherever online has a record.</summary>
    public void ReleaseFlags()
    {
        foreach ((Flag flag, string id) in _here.Own.Keys.Where(key => !settings.Excludes(key.Item1) && _here.Mirror.Flags.ContainsKey(key)).ToList())
        {
            string? before = _here.Effective(flag, id);
            _here = _here with { Own = _here.Own.Remove((flag, id)) };
            Report(flag, id, before);
        }
    }

    /// <summary>Rows 2, 4 to 6, 8, 9, 11, 13, and 18 to 20.</summary>
    public void Reconcile()
    {
        foreach ((string id, Change change) in _here.Local.Where(change => change.Value.IsPending).ToList())
        {
            Record? online = _here.Mirror.Data.GetValueOrDefault(id);
            if (change.IsTrashed)
                ReconcileTrashed(id, change, online);
            else if (online is null || (!online.IsLive && change.Base is null))
                Plan(id, SyncAction.Pushed);
            else if (!online.IsLive)
                ReconcileDeletedOnline(id, change);
            else if (change.Base?.Version == online.Version)
                Plan(id, SyncAction.Pushed);
            else
                ReconcileBoth(id, change, online);
        }
    }

    /// <summary>Online deleted it: content that only the mirror had goes to the trash.</summary>
    public static MachineState TakeDeletion(MachineState here, string id, Record record)
    {
        Change? change = here.Local.GetValueOrDefault(id);
        if (change is { IsPurged: true })
            here = here with { Local = here.Local.Remove(id) };
        else if (here.Mirror.Live(id) is { } content && change?.Own is null)
            here = here with { Local = here.Local.SetItem(id, new Change(content, null) { IsTrashed = true, IsPending = false }) };
        else if (change is { IsTrashed: true })
            here = here with { Local = here.Local.SetItem(id, change with { IsPending = false }) };
        return here with { Mirror = here.Mirror with { Data = here.Mirror.Data.SetItem(id, record) } };
    }

    /// <summary>What is said of an earlier push whose answer was lost: it is pushed; tags, favorites and deletions came from online.</summary>
    public static IReadOnlyList<string> Arrived(MachineState before, MachineState after, Outbox sent, SyncSettings settings)
    {
        var done = new List<string>();
        foreach ((string id, Record record, _) in sent.Data)
        {
            if (record.IsLive)
                done.Add($"{id} {SyncAction.Pushed}");
            else if (before.Mirror.Live(id) is not null && before.Local.GetValueOrDefault(id) is null or { IsTrashed: true })
                done.Add($"{id} {SyncAction.Deleted}");
        }
        foreach ((Flag flag, string id, _) in sent.Flags)
        {
            if (!settings.Excludes(flag) && !before.Own.ContainsKey((flag, id)) && Show(before.Effective(flag, id)) != Show(after.Effective(flag, id)) && IsThere(after, id))
                done.Add($"{id} {ActionOf(flag)}");
        }
        return done;
    }

    private void TakeContent(string id, Record record)
    {
        Change? change = _here.Local.GetValueOrDefault(id);
        Content? before = change is null ? _here.Mirror.Live(id) : null;
        _here = _here with { Mirror = _here.Mirror with { Data = _here.Mirror.Data.SetItem(id, record) } };
        if (change is { IsTrashed: true })
            _here = _here with { Local = _here.Local.SetItem(id, change with { IsPending = true }) };
        if (change is not null)
            return;
        if (before is null)
            _new.Add(id);
        if (before is null || before.Differences(record.Content!).Count > 0)
            Report(id, SyncAction.Pulled);
    }

    private void TakeDeletion(string id, Record record)
    {
        Change? change = _here.Local.GetValueOrDefault(id);
        if (_here.Mirror.Live(id) is not null && change is null or { IsTrashed: true })
            Report(id, SyncAction.Deleted);
        _here = TakeDeletion(_here, id, record);
    }

    private void TakeFlag(Flag flag, string id, FlagRecord record)
    {
        string? before = _here.Effective(flag, id);
        bool isHeld = settings.Excludes(flag) || _here.Own.ContainsKey((flag, id));
        if (isHeld && !_here.Own.ContainsKey((flag, id)))
            _here = _here with { Own = _here.Own.SetItem((flag, id), before) };
        _here = _here with { Mirror = _here.Mirror with { Flags = _here.Mirror.Flags.SetItem((flag, id), record) } };
        if (!isHeld && !_new.Contains(id))
            Report(flag, id, before);
    }

    private void ReconcileTrashed(string id, Change change, Record? online)
    {
        if (online is { IsLive: false } && change.Loser is not null)
        {
            Plan(id, SyncAction.Conflict);
            return;
        }
        bool comesBack = online is { IsLive: true };
        _here = _here with { Local = comesBack ? _here.Local.Remove(id) : _here.Local.SetItem(id, change with { IsPending = false }) };
        if (comesBack)
            Report(id, SyncAction.Restored);
    }

    private void ReconcileDeletedOnline(string id, Change change)
    {
        switch (settings.PolicyOf(id))
        {
            case ConflictPolicy.Stop:
                Stop(id);
                break;
            case ConflictPolicy.PreferOnline:
                _here = _here with { Local = _here.Local.SetItem(id, new Change(change.Own, null) { IsTrashed = true, Loser = change.Own }) };
                Plan(id, SyncAction.Conflict);
                break;
            default:
                Plan(id, SyncAction.Conflict);
                break;
        }
    }

    private void ReconcileBoth(string id, Change change, Record online)
    {
        if (change.Own!.Differences(online.Content!).Count == 0)
        {
            _here = _here with { Local = _here.Local.Remove(id) };
            return;
        }
        ConflictPolicy policy = settings.PolicyOf(id);
        Merge merge = Content.Merge(change.Base?.Content, change.Own, online.Content!, policy, settings.Now);
        SyncAction action = merge.IsConflict ? SyncAction.Conflict : SyncAction.Merged;
        if (merge.IsConflict && policy == ConflictPolicy.Stop)
        {
            Stop(id);
            return;
        }
        if (merge.Loser is not null)
            AddCopy(id, merge.Loser);
        Content? loser = merge is { LocalLoses: true, Loser: null } ? change.Own : change.Loser;
        if (loser is null && merge.Content.Differences(online.Content!).Count == 0)
        {
            _here = _here with { Local = _here.Local.Remove(id) };
            Report(id, action);
            return;
        }
        _here = _here with { Local = _here.Local.SetItem(id, new Change(merge.Content, online) { Loser = loser }) };
        Plan(id, action);
    }

    private void AddCopy(string id, Content loser)
    {
        string copy = $"{id}~{loser.Digest}";
        if (_here.Local.ContainsKey(copy) || _here.Mirror.Data.ContainsKey(copy))
            return;
        _here = _here with { Local = _here.Local.SetItem(copy, new Change(loser.AsCopy(), null)) };
        if (Show(_here.Effective(Flag.Tags, id)) is { Length: > 0 })
            _here = _here with { Own = _here.Own.SetItem((Flag.Tags, copy), _here.Effective(Flag.Tags, id)) };
        Plan(copy, SyncAction.Pushed);
    }

    private void Stop(string id)
    {
        Stops = true;
        Plan(id, SyncAction.Conflict);
    }

    // One line an entry: what was said of it first is what led to it.
    private void Plan(string id, SyncAction action)
    {
        if (_planned.Add(id))
            Report(id, action);
    }

    private void Report(string id, SyncAction action) => Done.Add($"{id} {action}");

    private void Report(Flag flag, string id, string? before)
    {
        if (Show(before) != Show(_here.Effective(flag, id)) && IsThere(_here, id))
            Report(id, ActionOf(flag));
    }

    // Of an entry that is not on the machine nothing is told.
    private static bool IsThere(MachineState machine, string id) => machine.Mirror.Live(id) is not null || machine.Local.GetValueOrDefault(id)?.Own is not null;

    private static SyncAction ActionOf(Flag flag) => flag == Flag.Tags ? SyncAction.TagsPulled : SyncAction.FavoritesPulled;

    private static string Show(string? value) => value is null or "" ? "" : string.Join('\n', value.ToUpperInvariant().Split('\n').Order(StringComparer.Ordinal));
}
