namespace Passpack.PowerShell;

// PowerShell reads the exported types before deps/ can be loaded, so Core's enums cannot be used. Members are matched by name.
#pragma warning disable CS1591 // docs/en-US/about_Passpack_Sync.md says what each means.

/// <summary>What a sync did with an entry.</summary>
public enum SyncAction
{
    Pushed,
    Pulled,
    Merged,
    Conflict,
    Restored,
    Deleted,
    TagsPulled,
    FavoritesPulled,
    Damaged,
}

/// <summary>Which side wins if both changed the same field.</summary>
public enum ConflictPolicy
{
    Newest,
    PreferLocal,
    PreferOnline,
    KeepBoth,
    Stop,
}
