namespace Passpack.Sync.Session;

/// <summary>What a sync has done, what its next pushes are to do, and what keeps it from going on.</summary>
internal sealed class SyncReport
{
    private readonly List<string> _notices = [];
    private readonly List<SyncChange> _done = [];
    private readonly Dictionary<Guid, SyncChange> _planned = [];
    private readonly HashSet<Guid> _lostOnline = [];
    private readonly Dictionary<Guid, PasspackException> _tooLarge = [];

    /// <summary>Changes of the account itself, a sentence each.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Changes that are final.</summary>
    public IReadOnlyList<SyncChange> Done => _done;

    /// <summary>What the next pushes are to do, by entry.</summary>
    public IReadOnlyDictionary<Guid, SyncChange> Planned => _planned;

    /// <summary>Entries that are too large by themselves for what stands in front of the server, with the error of each.</summary>
    public IReadOnlyDictionary<Guid, PasspackException> TooLarge => _tooLarge;

    /// <summary>Whether there is a conflict and the policy is Stop: then nothing may be written.</summary>
    public bool MustStop { get; private set; }

    /// <summary>Whether something is online now that was not before.</summary>
    public bool HasPushed { get; private set; }

    /// <summary>When the online account is removed, as the server says. Null if no removal is pending.</summary>
    public DateTimeOffset? RemovalDue { get; set; }

    /// <summary>How many pushes were accepted.</summary>
    public int Pushes { get; private set; }

    /// <summary>Whether chunks of attachments were sent.</summary>
    public bool HasSentChunks { get; set; }

    public void Note(string notice) => _notices.Add(notice);

    public void Finish(SyncChange change) => _done.Add(change);

    /// <summary>An entry's push was accepted: what was planned of the entry is done.</summary>
    /// <returns>Whether anything was planned.</returns>
    public bool FinishPlanned(Guid id)
    {
        if (!_planned.Remove(id, out SyncChange? change))
            return false;
        _done.Add(change);
        return true;
    }

    public void NotePush()
    {
        HasPushed = true;
        Pushes++;
    }

    /// <summary>Plans a change of an entry, unless one is planned already: what was said first is what led to it.</summary>
    public void Plan(SyncChange change) => _planned.TryAdd(change.Id, change);

    /// <summary>Plans a change of an entry in place of the one that was planned.</summary>
    public void Replan(SyncChange change) => _planned[change.Id] = change;

    /// <summary>Forgets the plan, because a reconciliation makes it anew.</summary>
    /// <returns>The conflicts that were settled in it.</returns>
    public Dictionary<Guid, SyncChange> StartPlanAnew()
    {
        var settled = _planned.Where(planned => planned.Value.Action is SyncAction.Conflict or SyncAction.Merged).ToDictionary();
        _planned.Clear();
        return settled;
    }

    /// <summary>Plans a conflict that the user wants to settle, which ends the sync before anything is written.</summary>
    public void Stop(SyncChange conflict)
    {
        MustStop = true;
        Plan(conflict);
    }

    /// <summary>An entry goes up again because the server went back behind it.</summary>
    public void LoseOnline(Guid id) => _lostOnline.Add(id);

    public bool IsLostOnline(Guid id) => _lostOnline.Contains(id);

    public void RefuseAsTooLarge(Guid id, PasspackException error) => _tooLarge[id] = error;
}
