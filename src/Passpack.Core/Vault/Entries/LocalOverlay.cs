using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>
/// This machine's own tags, or favorite flags, where they differ from the mirror's: tags and favorites follow the same rules, each
/// in a table of its own.
/// </summary>
internal sealed class LocalOverlay
{
    /// <summary>The version under which a machine's own values are sealed. A value that was once online keeps its online version.</summary>
    public const long LocalVersion = 0;

    private readonly VaultUse _use;
    private readonly string _table;

    private LocalOverlay(VaultUse use, RecordStream stream, string table)
    {
        _use = use;
        Stream = stream;
        _table = table;
    }

    public RecordStream Stream { get; }

    public static LocalOverlay Tags(VaultUse use) => new(use, RecordStream.Tags, "local_tags");

    public static LocalOverlay Favorites(VaultUse use) => new(use, RecordStream.Favorite, "local_favorites");

    /// <summary>The overlay of a stream. Null if the stream is neither tags nor favorites.</summary>
    public static LocalOverlay? Of(VaultUse use, RecordStream stream) => stream switch
    {
        RecordStream.Tags => Tags(use),
        RecordStream.Favorite => Favorites(use),
        _ => null,
    };

    /// <summary>The value in force on this machine. Null if none was ever set.</summary>
    public (long Version, byte[] Body)? Effective(Guid id)
    {
        (bool Own, long? Version, byte[]? Body) row = _use.Connection.Query($"""
            SELECT l.id IS NOT NULL, CASE WHEN l.id IS NULL THEN m.content_version ELSE l.version END, CASE WHEN l.id IS NULL THEN m.head ELSE l.body END
            FROM (SELECT $1 AS id) x
            LEFT JOIN {_table} l ON l.id = x.id
            LEFT JOIN mirror m ON m.stream = {(int)Stream} AND m.id = x.id AND m.deleted = 0
            """, row => (row.GetBoolean(0), row.GetInt64OrNull(1), row.GetBytesOrNull(2)), id).Single();
        return row.Body is null ? null : (row.Version ?? LocalVersion, row.Body);
    }

    /// <summary>Whether this machine has a value of its own.</summary>
    public bool HasOwn(Guid id) => _use.Connection.Scalar<long>($"SELECT EXISTS (SELECT 1 FROM {_table} WHERE id = $1)", id) != 0;

    /// <summary>A text for comparing values: equal if the user sees no difference.</summary>
    public string Show((long Version, byte[] Body)? value, Guid id)
    {
        if (value is not { } known)
            return "";
        if (Stream == RecordStream.Favorite)
            return SealedEntry.OpenFavorite(_use.Keys, id, known.Version, known.Body) ? "favorite" : "";
        return string.Join('\n', SealedEntry.OpenTags(_use.Keys, id, known.Version, known.Body)
            .Select(tag => ComposedText.Of(tag).ToUpperInvariant()).Order(StringComparer.Ordinal));
    }

    /// <summary>Keeps the value in force in the history, before it is replaced.</summary>
    public void KeepInHistory(Guid id, HistoryReason reason, long now)
    {
        if (Effective(id) is { } before)
            History.Keep(_use.Connection, new(Stream, id, before.Version, before.Body), reason, now);
    }

    /// <summary>Sets this machine's own value.</summary>
    public void Put(Guid id, byte[] body) =>
        _use.Connection.Execute($"""
            INSERT INTO {_table} (id, version, held, body)
            VALUES ($1, {LocalVersion}, EXISTS (SELECT 1 FROM mirror WHERE stream = {(int)Stream} AND id = $1 AND deleted = 0), $2)
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, held = excluded.held, body = excluded.body
            """, id, body);

    /// <summary>Shows a former online value as this machine's own, until an online record comes.</summary>
    public void PutAsOnline(Guid id, long version, byte[] body) =>
        _use.Connection.Execute($"INSERT INTO {_table} (id, version, held, body) VALUES ($1, $2, 0, $3)", id, version, body);

    /// <summary>
    /// Makes the value in force this machine's own: the mirror is about to change, and the user excluded this stream from the sync.
    /// </summary>
    public void Hold(Guid id)
    {
        if (_use.Connection.Execute($"UPDATE {_table} SET held = 1 WHERE id = $1", id) > 0)
            return;
        (long Version, byte[] Body)? effective = Effective(id);
        _use.Connection.Execute($"INSERT INTO {_table} (id, version, held, body) VALUES ($1, $2, 1, $3)", id,
            effective?.Version ?? LocalVersion, effective?.Body);
    }

    /// <summary>Removes this machine's own value, so that the mirror's is in force.</summary>
    public void Release(Guid id) => _use.Connection.Execute($"DELETE FROM {_table} WHERE id = $1", id);

    /// <summary>Up to a number of ids whose own value is held against an online record; without those whose record is missing its body.</summary>
    public IReadOnlyList<Guid> Held(int most) =>
        [.. _use.Connection.Query($"""
            SELECT id FROM {_table} l
            WHERE held = 1 AND NOT EXISTS (SELECT 1 FROM mirror m WHERE m.stream = {(int)Stream} AND m.id = l.id AND m.owed = 1)
            LIMIT $1
            """, row => row.GetId(0), most)];
}
