using Passpack.Sync.Client;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Session;

/// <summary>Which side wins if both changed the same field.</summary>
public enum ConflictPolicy
{
    /// <summary>The later edit wins; the online one if the times cannot be compared.</summary>
    Newest,

    /// <summary>This machine.</summary>
    PreferLocal,

    /// <summary>The online account.</summary>
    PreferOnline,

    /// <summary>Both: the loser becomes an entry of its own.</summary>
    KeepBoth,

    /// <summary>Nobody: nothing is written on either side.</summary>
    Stop,
}

/// <summary>How to sync.</summary>
public sealed record SyncOptions
{
    /// <summary>Does not apply online tags: this machine's stay as they are.</summary>
    public bool ExcludeTags { get; init; }

    /// <summary>Does not apply online favorites: this machine's stay as they are.</summary>
    public bool ExcludeFavorites { get; init; }

    /// <summary>Who wins a conflict.</summary>
    public ConflictPolicy Policy { get; init; }

    /// <summary>Settles single entries, whatever the policy.</summary>
    public IReadOnlyDictionary<Guid, ConflictPolicy> Resolve { get; init; } = new Dictionary<Guid, ConflictPolicy>();

    /// <summary>Only plans: asks the server, and writes nothing anywhere.</summary>
    public bool WhatIf { get; init; }

    /// <summary>A checkpoint of another machine, <c>generation:hash</c>; the online account's history has to contain it.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>
    /// Accepts that the server was restored from a backup: records that it lost are sent again. No effect if the server did not go back.
    /// </summary>
    public bool AcceptRollback { get; init; }

    /// <summary>The most time that the whole sync may take.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether the sync is the last one before leaving the online account: then any pack version will do.</summary>
    internal bool IsLeaving { get; init; }

    /// <summary>For tests.</summary>
    internal SyncTimeouts Timeouts { get; init; } = SyncTimeouts.Default;

    /// <summary>For tests.</summary>
    internal StagingLimits Staging { get; init; } = StagingLimits.Default;

    internal ConflictPolicy PolicyOf(Guid id) => Resolve.TryGetValue(id, out ConflictPolicy settled) ? settled : Policy;
}

/// <summary>What a sync did, or would do, to one entry.</summary>
public enum SyncAction
{
    /// <summary>This machine's change was pushed.</summary>
    Pushed,

    /// <summary>An online change was applied here.</summary>
    Pulled,

    /// <summary>Both sides changed the entry in different fields; now both have all changes.</summary>
    Merged,

    /// <summary>Both sides changed the same field; one side won, the other value is in the history.</summary>
    Conflict,

    /// <summary>The entry was in this machine's trash but still online: it was taken out of the trash.</summary>
    Restored,

    /// <summary>The entry was deleted online; now it is in this machine's trash.</summary>
    Deleted,

    /// <summary>The online tags replaced this machine's.</summary>
    TagsPulled,

    /// <summary>The online favorite flag replaced this machine's.</summary>
    FavoritesPulled,

    /// <summary>A record of the entry cannot be opened; other records are not affected.</summary>
    Damaged,
}

/// <summary>One change of a sync.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Name">The entry's name after the change. Empty if it cannot be opened.</param>
/// <param name="Action">What happened.</param>
/// <param name="Fields">The changed fields, by the titles that the user knows. Empty if the change concerns the whole entry.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Winner">Of a conflict: which side won.</param>
/// <param name="Loser">Of a conflict: where the losing version is.</param>
/// <param name="CopyId">The entry that holds the losing version. Null if that is kept elsewhere.</param>
public sealed record SyncChange(
    Guid Id, string Name, SyncAction Action, IReadOnlyList<string> Fields, string Reason, SyncSide? Winner = null,
        LoserPlace? Loser = null, Guid? CopyId = null);

/// <summary>Who won a conflict.</summary>
public enum SyncSide
{
    /// <summary>This machine.</summary>
    Local,

    /// <summary>The online account.</summary>
    Online,

    /// <summary>Each side in some of the fields.</summary>
    Each,

    /// <summary>Nobody yet: conflicts stop this sync.</summary>
    None,
}

/// <summary>Where the losing version of a conflict is.</summary>
public enum LoserPlace
{
    /// <summary>In the entry's history: on this machine, and online as an earlier version.</summary>
    History,

    /// <summary>In this machine's trash, and online as an earlier version.</summary>
    Trash,

    /// <summary>An entry of its own: <see cref="SyncChange.CopyId"/>.</summary>
    Entry,

    /// <summary>There is no losing version: the conflict is not settled, or the loser was a deletion.</summary>
    None,
}

/// <summary>How far a sync is.</summary>
/// <param name="Activity">The current step.</param>
/// <param name="Done">Records so far.</param>
/// <param name="Total">The number of records in all. Null while it is unknown.</param>
public sealed record SyncProgress(string Activity, long Done, long? Total);

/// <summary>What a sync did, or would do.</summary>
public sealed record SyncResult
{
    /// <summary>The account.</summary>
    public required string UserId { get; init; }

    /// <summary>Of a shared vault: the account's own name for it. Null of the account's own vault.</summary>
    public string? Vault { get; init; }

    /// <summary>The vault.</summary>
    public Guid VaultId { get; init; }

    /// <summary>Whether this is a plan: nothing was written, and the changes are those that a sync would make.</summary>
    public required bool IsPlan { get; init; }

    /// <summary>Every change, in the order in which they were made.</summary>
    public required IReadOnlyList<SyncChange> Changes { get; init; }

    /// <summary>
    /// Changes of the account itself, made or planned, a sentence each: its keys were converted, a change of its Packing Key was settled.
    /// </summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>
    /// When the online account is removed: somebody with the Password asked for it, without the keys. Null if no removal is pending.
    /// </summary>
    public DateTimeOffset? RemovalDue { get; init; }

    /// <summary>Bytes of the bodies of all requests.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Bytes of the bodies of all answers.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Requests.</summary>
    public required int Requests { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The newest manifest that this machine has verified. Null if it has verified none yet.</summary>
    public required Checkpoint? Checkpoint { get; init; }
}
