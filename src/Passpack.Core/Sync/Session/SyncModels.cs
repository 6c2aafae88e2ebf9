using Passpack.Sync.Client;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Session;

/// <summary>Who wins where both sides changed the same.</summary>
public enum ConflictPolicy
{
    /// <summary>The edit with the later time; online when the times do not tell.</summary>
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
    /// <summary>Keeps this machine's tags as they are.</summary>
    public bool ExcludeTags { get; init; }

    /// <summary>Keeps this machine's favorites as they are.</summary>
    public bool ExcludeFavorites { get; init; }

    /// <summary>Who wins a conflict.</summary>
    public ConflictPolicy Policy { get; init; }

    /// <summary>Settles single entries, whatever the policy.</summary>
    public IReadOnlyDictionary<Guid, ConflictPolicy> Resolve { get; init; } = new Dictionary<Guid, ConflictPolicy>();

    /// <summary>Only plans: asks the server, and writes nothing anywhere.</summary>
    public bool WhatIf { get; init; }

    /// <summary>A checkpoint of another machine that has to lie in the online account's history: <c>generation:hash</c>.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>
    /// Goes on with a server that was restored from a backup of its own: what it lost goes up again. Changes nothing where it did not go back.
    /// </summary>
    public bool AcceptRollback { get; init; }

    /// <summary>The most time that the whole sync may take.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>For who leaves the online account: whatever the pack version.</summary>
    internal bool IsLeaving { get; init; }

    /// <summary>For tests.</summary>
    internal Patience Patience { get; init; } = Patience.Default;

    /// <summary>For tests.</summary>
    internal StagingLimits Staging { get; init; } = StagingLimits.Default;

    internal ConflictPolicy PolicyOf(Guid id) => Resolve.TryGetValue(id, out ConflictPolicy settled) ? settled : Policy;
}

/// <summary>What a sync did, or would do, to one entry.</summary>
public enum SyncAction
{
    /// <summary>This machine's change went up.</summary>
    Pushed,

    /// <summary>An online change came down.</summary>
    Pulled,

    /// <summary>Both sides changed, other fields each; both have all of it now.</summary>
    Merged,

    /// <summary>Both sides changed the same; one won, the other is in the history.</summary>
    Conflict,

    /// <summary>It was in this machine's trash, and online still has it.</summary>
    Restored,

    /// <summary>It was deleted online; now it is in this machine's trash.</summary>
    Deleted,

    /// <summary>The online tags replaced this machine's.</summary>
    TagsPulled,

    /// <summary>The online favorite flag replaced this machine's.</summary>
    FavoritesPulled,

    /// <summary>Its record cannot be opened; the rest is not affected.</summary>
    Damaged,
}

/// <summary>One change of a sync.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Name">Its name, after the change; empty when it cannot be opened.</param>
/// <param name="Action">What happened.</param>
/// <param name="Fields">Which fields, by the titles that the user knows; empty when it is the whole entry.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Winner">Of a conflict: which side won.</param>
/// <param name="Loser">Of a conflict: where what lost can be found.</param>
/// <param name="CopyId">The entry that holds what lost, if that is where it is.</param>
public sealed record SyncChange(
    Guid Id, string Name, SyncAction Action, IReadOnlyList<string> Fields, string Reason, SyncSide? Winner = null, LoserPlace? Loser = null, Guid? CopyId = null);

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

    /// <summary>Nothing lost: both are where they were, or a deletion lost.</summary>
    None,
}

/// <summary>How far a sync is.</summary>
/// <param name="Activity">What it does now.</param>
/// <param name="Done">Records so far.</param>
/// <param name="Total">Of how many; null while that is unknown.</param>
public sealed record SyncProgress(string Activity, long Done, long? Total);

/// <summary>What a sync did, or would do.</summary>
public sealed record SyncResult
{
    /// <summary>The account.</summary>
    public required string UserId { get; init; }

    /// <summary>Whether nothing was written: the changes are what a sync would do.</summary>
    public required bool IsPlan { get; init; }

    /// <summary>Every change, in the order in which they were made.</summary>
    public required IReadOnlyList<SyncChange> Changes { get; init; }

    /// <summary>What was done, or would be, to the account itself, in a sentence each: its keys converted, a change of its Packing Key settled.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

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

    /// <summary>What this machine has verified now; null when it has never verified anything.</summary>
    public required Checkpoint? Checkpoint { get; init; }
}
