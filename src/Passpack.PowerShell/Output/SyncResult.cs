namespace Passpack.PowerShell;

/// <summary>The result of a sync; under -WhatIf, its plan.</summary>
public sealed class SyncResult
{
    private readonly Dictionary<SyncAction, int> _counts;

    internal SyncResult(Sync.Session.SyncResult result)
    {
        Account = result.UserId;
        IsPlan = result.IsPlan;
        Changes = [.. result.Changes.Select(change => new SyncChange(change))];
        Notices = [.. result.Notices];
        BytesSent = result.BytesSent;
        BytesReceived = result.BytesReceived;
        Requests = result.Requests;
        Duration = result.Duration;
        Started = result.Started;
        Checkpoint = result.Checkpoint?.ToString();
        RemovalDue = result.RemovalDue;
        _counts = Changes.GroupBy(change => change.Action).ToDictionary(group => group.Key, group => group.Count());
    }

    internal SyncResult(Sync.Session.SyncRecord record) : this(record.Result)
    {
        // A long run keeps the counts, but not every change.
        _counts = record.Counts.ToDictionary(count => EnumMap.To<Sync.Session.SyncAction, SyncAction>(count.Key), count => count.Value);
        ErrorId = record.ErrorId;
    }

    /// <summary>The account.</summary>
    public string Account { get; }

    /// <summary>Whether this is a plan of -WhatIf: nothing was written anywhere.</summary>
    public bool IsPlan { get; }

    /// <summary>Local changes that were pushed.</summary>
    public int Pushed => Count(SyncAction.Pushed);

    /// <summary>Online changes that were applied here.</summary>
    public int Pulled => Count(SyncAction.Pulled);

    /// <summary>Entries changed on both sides in different fields.</summary>
    public int Merged => Count(SyncAction.Merged);

    /// <summary>Entries changed on both sides in the same field.</summary>
    public int Conflicts => Count(SyncAction.Conflict);

    /// <summary>Entries restored from the trash, because a sync never deletes online.</summary>
    public int Restored => Count(SyncAction.Restored);

    /// <summary>Entries that were deleted online, and are in the local trash now.</summary>
    public int Deleted => Count(SyncAction.Deleted);

    /// <summary>Entries that got the online tags.</summary>
    public int TagsPulled => Count(SyncAction.TagsPulled);

    /// <summary>Entries that got the online favorite flag.</summary>
    public int FavoritesPulled => Count(SyncAction.FavoritesPulled);

    /// <summary>Records that do not open; all others were synced.</summary>
    public int Damaged => Count(SyncAction.Damaged);

    /// <summary>What happened to each entry, and why.</summary>
    public SyncChange[] Changes { get; }

    /// <summary>Changes of the account itself, a sentence each: its keys were converted, a change of its Packing Key was settled.</summary>
    public string[] Notices { get; }

    /// <summary>Bytes of request bodies.</summary>
    public long BytesSent { get; }

    /// <summary>Bytes of answer bodies.</summary>
    public long BytesReceived { get; }

    /// <summary>Requests.</summary>
    public int Requests { get; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; }

    /// <summary>When it began.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>The point of the online account's history that was verified.</summary>
    public string? Checkpoint { get; }

    /// <summary>When the server removes the online account, as was asked for without its keys. Null if no removal is pending.</summary>
    public DateTimeOffset? RemovalDue { get; }

    /// <summary>In <c>Get-PasspackSyncHistory</c>: the id of the error that ended the run. Null if it was completed.</summary>
    public string? ErrorId { get; }

    private int Count(SyncAction action) => _counts.GetValueOrDefault(action);
}

/// <summary>What a sync did with one entry.</summary>
public sealed class SyncChange
{
    internal SyncChange(Sync.Session.SyncChange change)
    {
        Name = change.Name;
        Action = EnumMap.To<Sync.Session.SyncAction, SyncAction>(change.Action);
        Fields = [.. change.Fields];
        Reason = change.Reason;
        Winner = change.Winner?.ToString();
        Loser = change.Loser?.ToString();
        CopyId = change.CopyId;
        Id = change.Id;
    }

    /// <summary>The Entry Name.</summary>
    public string Name { get; }

    /// <summary>What was done.</summary>
    public SyncAction Action { get; }

    /// <summary>The changed fields.</summary>
    public string[] Fields { get; }

    /// <summary>Why.</summary>
    public string Reason { get; }

    /// <summary>Of a conflict: Local, Online, Each (in some of the fields), or None while it is not settled.</summary>
    public string? Winner { get; }

    /// <summary>Of a conflict: where the losing version is. History, Trash, Entry, or None.</summary>
    public string? Loser { get; }

    /// <summary>The entry that holds the losing version. Null if that is kept elsewhere.</summary>
    public Guid? CopyId { get; }

    /// <summary>The entry.</summary>
    public Guid Id { get; }
}
