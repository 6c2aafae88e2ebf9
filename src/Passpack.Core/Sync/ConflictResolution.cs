using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>What comes of an entry that both sides changed.</summary>
/// <param name="Content">What holds from now on.</param>
/// <param name="LocalWins">Whether that has to be pushed; else it is the online content as it is.</param>
/// <param name="Action"><see cref="SyncAction.Merged"/> or <see cref="SyncAction.Conflict"/>.</param>
/// <param name="Reason">Which side won and where the loser is.</param>
internal sealed record Resolution(EntryContent Content, bool LocalWins, SyncAction Action, string Reason);

/// <summary>
/// Decides what comes of an entry that both sides changed: the one place that knows of fields and policies. Gets all three contents,
/// so that a merge field by field needs no other door. For now the whole entry with the later edit wins (rows 4 and 5 with
/// <see cref="ConflictPolicy.Newest"/>).
/// </summary>
internal static class ConflictResolution
{
    /// <summary>An edit time this far ahead of the clock tells nothing: that clock was wrong.</summary>
    private const long BelievedAheadMilliseconds = 10 * 60 * 1000;

    /// <param name="original">The online version that the local edit was made on; null when both are new.</param>
    /// <param name="local">This machine's.</param>
    /// <param name="online">The online account's.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public static Resolution Resolve(EntryContent? original, EntryContent local, EntryContent online, long now)
    {
        _ = original;
        bool localWins = Believed(local.Modified, now) > Believed(online.Modified, now);
        return localWins
            ? new Resolution(local, true, SyncAction.Conflict, "changed on both sides: this machine's edit is newer; the online version is in the history")
            : new Resolution(online, false, SyncAction.Conflict, "changed on both sides: the online edit is newer; this machine's version is in the history");
    }

    private static long Believed(long time, long now) => time > now + BelievedAheadMilliseconds ? 0 : time;
}
