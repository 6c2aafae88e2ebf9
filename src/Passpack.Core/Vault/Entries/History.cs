using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>Why a value was replaced.</summary>
public enum HistoryReason
{
    /// <summary>An edit on this machine.</summary>
    Edit = 1,

    /// <summary>A sync brought another value.</summary>
    Sync = 2,

    /// <summary>It lost a conflict.</summary>
    Conflict = 3,

    /// <summary>An import brought another value.</summary>
    Import = 4,
}

/// <summary>A value of an entry that was replaced on this machine, and can be put in force again.</summary>
public sealed record EntryVersion
{
    /// <summary>The entry.</summary>
    public required Guid EntryId { get; init; }

    /// <summary>The number of this version, unique in the vault; grows with time.</summary>
    public required long Number { get; init; }

    /// <summary>Whether entry data, tags or favorite were replaced.</summary>
    public required RecordStream Stream { get; init; }

    /// <summary>Whether this is entry data, which has secrets to open.</summary>
    public bool IsData => Stream == RecordStream.Data;

    /// <summary>When it was replaced, by this machine's clock.</summary>
    public required DateTimeOffset Replaced { get; init; }

    /// <summary>Why.</summary>
    public required HistoryReason Reason { get; init; }

    /// <summary>The titles of the fields that differ from the replacing value. Empty if this version cannot be opened.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>The entry's name in this version; empty for tags and favorites.</summary>
    public required string Name { get; init; }
}

/// <summary>Replaced values, still sealed; kept up to the account's number and age.</summary>
internal static class History
{
    private static readonly string s_keep = Insert(Retention.NotBefore);

    private static readonly string s_add = Insert($"max($8, {Retention.NotBefore})");

    /// <summary>Keeps a value that is replaced now.</summary>
    /// <returns>The row.</returns>
    public static long Keep(VaultConnection connection, SealedVersion value, HistoryReason reason, long now)
    {
        long seq = connection.Insert(s_keep, (long)value.Stream, value.Id, value.Version, now, (long)reason, value.Head, value.Tail);
        Retention.Trim(connection, value.Stream, value.Id, seq, now);
        return seq;
    }

    /// <summary>Adds a version that was replaced on another machine. <see cref="Retention.Trim"/> has to follow.</summary>
    /// <returns>The row.</returns>
    public static long Add(VaultConnection connection, SealedVersion value, HistoryReason reason, long replaced, long now) =>
        connection.Insert(s_add, (long)value.Stream, value.Id, value.Version, replaced, (long)reason, value.Head, value.Tail, now);

    /// <summary>The version number of a row. Null if the row is not there.</summary>
    public static long? VersionOf(VaultConnection connection, long seq) =>
        connection.Query("SELECT version FROM history WHERE seq = $1", row => (long?)row.GetInt64(0), seq).FirstOrDefault();

    /// <summary>Opens the entry data of a row. Null if the row is not there.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public static EntryContent? OpenData(VaultUse use, Guid id, long seq) =>
        use.Connection.First("SELECT version, head, tail FROM history WHERE seq = $1", row =>
            SealedEntry.OpenContent(use.Keys, id, row.GetInt64(0), row.GetBytes(1), row.GetBytesOrNull(2)), seq);

    /// <summary>Whether a version of entry data with this digest is in the history.</summary>
    public static bool Has(VaultConnection connection, Guid id, long version, byte[] digest) => connection.Query(
        "SELECT head, tail FROM history WHERE stream = 1 AND id = $1 AND version = $2 AND head IS NOT NULL AND tail IS NOT NULL",
        row => RecordBody.Digest(row.GetBytes(0), row.GetBytes(1)), id, version).Any(kept => kept.AsSpan().SequenceEqual(digest));

    /// <summary>Removes an entry's history, except versions that an edit or a push still needs.</summary>
    public static void Forget(VaultConnection connection, Guid id) =>
        connection.Execute($"DELETE FROM history WHERE stream IN (1, 2, 3) AND id = $1 AND {Retention.NotNeeded}", id);

    /// <summary>The versions of an entry, newest first.</summary>
    public static IReadOnlyList<EntryVersion> List(VaultUse use, Guid id)
    {
        var versions = new List<EntryVersion>();
        foreach (RecordStream stream in new[] { RecordStream.Data, RecordStream.Tags, RecordStream.Favorite })
        {
            Snapshot? newer = Current(use, stream, id);
            foreach (var row in use.Connection.Query(
                "SELECT seq, version, replaced_at, reason, head, tail FROM history WHERE stream = $1 AND id = $2 ORDER BY seq DESC",
                row => (Seq: row.GetInt64(0), Version: row.GetInt64(1), At: row.GetInt64(2), Reason: row.GetInt64(3),
                    Head: row.GetBytesOrNull(4), Tail: row.GetBytesOrNull(5)),
                (long)stream, id))
            {
                Snapshot? snapshot = Snapshot.TryOpen(use.Keys, new(stream, id, row.Version, row.Head, row.Tail));
                versions.Add(new EntryVersion
                {
                    EntryId = id,
                    Number = row.Seq,
                    Stream = stream,
                    Replaced = row.At.ToTime(),
                    Reason = (HistoryReason)row.Reason,
                    Name = snapshot?.Data?.Name ?? "",
                    Fields = snapshot is null || newer is null ? [] : snapshot.Differences(newer),
                });
                newer = snapshot;
            }
        }
        return [.. versions.OrderByDescending(version => version.Number)];
    }

    /// <summary>Opens one version.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>, <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public static Snapshot Open(VaultUse use, EntryVersion version)
    {
        foreach (Snapshot? snapshot in use.Connection.Query("SELECT version, head, tail FROM history WHERE seq = $1 AND stream = $2 AND id = $3",
            row => Snapshot.TryOpen(use.Keys, new(version.Stream, version.EntryId, row.GetInt64(0), row.GetBytesOrNull(1), row.GetBytesOrNull(2))),
            version.Number, (long)version.Stream, version.EntryId))
        {
            return snapshot ?? throw SealedEntry.Damaged(version.EntryId, version.Stream, RecordPart.Whole);
        }
        throw new PasspackException(ErrorCodes.EntryNotFound,
            $"There is no version {version.Number} of entry {version.EntryId} any more. Get-PasspackEntryHistory shows " +
            "which there are.") { Target = version.EntryId };
    }

    private static string Insert(string notBefore) =>
        "INSERT INTO history (stream, id, version, replaced_at, reason, head, tail, not_before) " +
        $"VALUES ($1, $2, $3, $4, $5, $6, $7, {notBefore})";

    private static Snapshot? Current(VaultUse use, RecordStream stream, Guid id)
    {
        if (stream == RecordStream.Data)
            return EntryState.Find(use.Connection, id) is { Head: not null } state ? Snapshot.TryOpen(use.Keys, state.Shown) : null;
        LocalOverlay flags = stream == RecordStream.Tags ? LocalOverlay.Tags(use) : LocalOverlay.Favorites(use);
        return flags.Effective(id) is { } value ? Snapshot.TryOpen(use.Keys, new(stream, id, value.Version, value.Body)) : null;
    }
}

/// <summary>One opened value of one stream of an entry.</summary>
internal sealed record Snapshot(EntryContent? Data, IReadOnlyList<string>? Tags, bool? Favorite)
{
    /// <summary>Opens a value. Null if it does not open.</summary>
    public static Snapshot? TryOpen(VaultKeys keys, SealedVersion value) => value.Head is null ? null : SealedEntry.OrNull(() => value.Stream switch
    {
        RecordStream.Data => new Snapshot(SealedEntry.OpenContent(keys, value.Id, value.Version, value.Head, value.Tail), null, null),
        RecordStream.Tags => new Snapshot(null, SealedEntry.OpenTags(keys, value.Id, value.Version, value.Head), null),
        _ => new Snapshot(null, null, SealedEntry.OpenFavorite(keys, value.Id, value.Version, value.Head)),
    });

    public IReadOnlyList<string> Differences(Snapshot newer) => this switch
    {
        { Data: { } data } when newer.Data is { } newerData => [.. EntryField.Differences(data, newerData).Select(EntryField.Title)],
        { Tags: not null } => ["Tags"],
        { Favorite: not null } => ["Favorite"],
        _ => [],
    };

    /// <summary>The edit that puts this value in force.</summary>
    public EntryEdit ToEdit() => Data is null ? new EntryEdit { Tags = Tags, Favorite = Favorite } : new EntryEdit
    {
        Name = Data.Name,
        UserId = Data.UserId,
        Password = Data.Password,
        Url = Data.Url,
        Email = Data.Email,
        Notes = Data.Notes,
        SharedNotes = Data.SharedNotes,
        ExtraFields = Data.ExtraFields,
        Attachments = Data.Attachments,
        Type = Data.Type.Length == 0 ? Fields.EntryTypes.Login : Data.Type,
        Expires = Data.Expires.ToTime(),
        NeverExpires = Data.Expires is null,
    };
}
