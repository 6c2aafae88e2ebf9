namespace Passpack.Vault.Entries;

/// <summary>A whole entry as a backup holds it: content, tags, favorite, trash and earlier versions.</summary>
internal sealed record BackupEntry(Guid Id)
{
    /// <summary>The content. Null if it was damaged in its source; earlier versions may still open.</summary>
    public EntryContent? Content { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public bool? Favorite { get; init; }

    /// <summary>When the entry went to the trash. Null if it is not there.</summary>
    public long? Trashed { get; init; }

    /// <summary>Whether the entry had a local change that was not synced yet.</summary>
    public bool IsPending { get; init; }

    /// <summary>About the memory that it takes: the bytes of its records.</summary>
    public int Bytes { get; init; }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<BackupVersion> Versions { get; init; } = [];
}

/// <summary>A value that was replaced.</summary>
internal sealed record BackupVersion(Protocol.RecordStream Stream, long Replaced, HistoryReason Reason, Snapshot Value);
