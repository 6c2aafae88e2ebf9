namespace Passpack.Vault.Entries;

/// <summary>An entry with all that a vault has of it: what a backup holds, and what a restore takes.</summary>
internal sealed record BackupEntry(Guid Id)
{
    /// <summary>Null: it was damaged where it came from; the earlier versions may still have it.</summary>
    public EntryContent? Content { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public bool? Favorite { get; init; }

    /// <summary>When it went to the trash; null while it is not there.</summary>
    public long? Trashed { get; init; }

    /// <summary>Whether no sync had taken it up yet.</summary>
    public bool IsPending { get; init; }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<BackupVersion> Versions { get; init; } = [];
}

/// <summary>A value that was replaced.</summary>
internal sealed record BackupVersion(Protocol.RecordStream Stream, long Replaced, HistoryReason Reason, Snapshot Value);
