using System.Globalization;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Merging;

/// <summary>How an entry that both sides changed is settled.</summary>
/// <param name="Content">The settled content.</param>
/// <param name="Action"><see cref="SyncAction.Merged"/> or <see cref="SyncAction.Conflict"/>.</param>
/// <param name="Fields">The conflicting fields; of a merge, the fields taken from this machine.</param>
/// <param name="LocalLoses">Whether <paramref name="Content"/> lacks a value of this machine's edit.</param>
/// <param name="OnlineLoses">Whether <paramref name="Content"/> lacks an online value.</param>
/// <param name="Reason">Which side won and where the loser is.</param>
/// <param name="Copy">The loser as an entry of its own. Null unless the policy is <see cref="ConflictPolicy.KeepBoth"/>.</param>
/// <param name="LostRotation">The rotation of a password that is not under way any more. Null if none gave way.</param>
internal sealed record Resolution(
    EntryContent Content, SyncAction Action, IReadOnlyList<string> Fields, bool LocalLoses, bool OnlineLoses, string Reason, EntryContent? Copy = null,
    PendingPassword? LostRotation = null);

/// <summary>Settles an entry that both sides changed: rows 4, 5 and 20 of the table in docs/sync.md.</summary>
internal static class ConflictResolution
{
    /// <summary>An edit dated further ahead of this clock than this is not compared: the other clock was wrong.</summary>
    private const long BelievedAheadMilliseconds = 10 * 60 * 1000;

    /// <param name="original">The online version that the local edit was made on. Null if both sides created the entry.</param>
    /// <param name="local">This machine's.</param>
    /// <param name="online">The online account's.</param>
    /// <param name="policy">Who wins a field that both changed.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public static Resolution Resolve(EntryContent? original, EntryContent local, EntryContent online, ConflictPolicy policy, long now)
    {
        var merge = new EntryMerge(original, local, online);
        IReadOnlyList<string> conflicts = merge.Conflicts;
        // The two versions of KeepBoth stay whole: one side takes all conflicting fields.
        Side? rotation = conflicts.Contains(EntryField.Login) ? EarlierRotation(local, online) : null;
        Side newer = rotation ?? (IsLocalNewer(conflicts, local, online, now) ? Side.Local : Side.Online);
        foreach (string field in conflicts)
        {
            merge.Choose(field, policy switch
            {
                _ when field == EntryField.Login && rotation is { } earlier => earlier,
                ConflictPolicy.PreferLocal => Side.Local,
                ConflictPolicy.PreferOnline => Side.Online,
                ConflictPolicy.KeepBoth => newer,
                _ => IsLocalNewer([field], local, online, now) ? Side.Local : Side.Online,
            });
        }
        EntryContent merged = merge.Merge();
        if (conflicts.Count == 0)
        {
            return new Resolution(merged, SyncAction.Merged, [.. merge.Sides.Where(side => side.Value == Side.Local).Select(side => side.Key)], false, false,
                "changed on both sides, in different fields: merged");
        }
        bool localLoses = conflicts.Any(field => merge.Sides[field] == Side.Online), onlineLoses = conflicts.Any(field => merge.Sides[field] == Side.Local);
        EntryContent? copy = policy != ConflictPolicy.KeepBoth ? null : MarkedCopy(newer == Side.Local ? online : local);
        PendingPassword? lost = (merge.Sides.GetValueOrDefault(EntryField.Login) == Side.Local ? online : local).Pending;
        return new Resolution(merged, SyncAction.Conflict, conflicts, localLoses, onlineLoses, Reason(policy, localLoses, onlineLoses, copy), copy,
            conflicts.Contains(EntryField.Login) && lost?.IsSameAs(merged.Pending) == false && lost.Value != merged.Password ? lost : null);
    }

    /// <summary>
    /// Of two rotations that meet, the one that was prepared first stays, whatever the policy: its change may have been made. Null if there are not two.
    /// </summary>
    private static Side? EarlierRotation(EntryContent local, EntryContent online) =>
        local.Pending is not { } here || online.Pending is not { } there || here.IsSameAs(there) ? null
        : here.IsBefore(there) ? Side.Local : Side.Online;

    /// <summary>The digest from which the id of a loser's copy is derived: of the plain content, so that every machine makes the same copy.</summary>
    public static byte[] DigestOf(EntryContent content)
    {
        using SecretBuffer summary = EntryCodec.WriteSummary(content), secret = EntryCodec.WriteSecret(content);
        return SHA256.HashData([.. SHA256.HashData(summary.Span), .. SHA256.HashData(secret.Span)]);
    }

    private static EntryContent MarkedCopy(EntryContent loser) => loser with
    {
        Name = string.Create(CultureInfo.InvariantCulture,
            $"{loser.Name} (conflict {DateTimeOffset.FromUnixTimeMilliseconds(loser.Modified):yyyy-MM-dd HH:mm:ss}Z)"),
    };

    private static bool IsLocalNewer(IReadOnlyList<string> fields, EntryContent local, EntryContent online, long now) =>
        fields.Count > 0 && fields.Max(field => Believed(local.TimeOf(field), now)) > fields.Max(field => Believed(online.TimeOf(field), now));

    private static long Believed(long time, long now) => time > now + BelievedAheadMilliseconds ? 0 : time;

    private static string Reason(ConflictPolicy policy, bool localLoses, bool onlineLoses, EntryContent? copy)
    {
        string why = policy switch
        {
            ConflictPolicy.PreferLocal => "this machine is preferred",
            ConflictPolicy.PreferOnline => "online is preferred",
            _ => "the newest edit wins",
        };
        string winner = (localLoses, onlineLoses) switch
        {
            (true, true) => "each side won a field; both versions are in the history",
            (true, false) => "online won; this machine's version is in the history",
            _ => "this machine won; the online version is in the history",
        };
        return copy is null
            ? $"changed on both sides ({why}): {winner}"
            : $"changed on both sides (both are kept): {(localLoses ? "online" : "this machine")} won; the other is the entry \"{copy.Name}\"";
    }
}
