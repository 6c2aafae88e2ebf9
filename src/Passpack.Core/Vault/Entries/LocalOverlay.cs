using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>
/// This machine's own tags, or favorite flags, where they differ from the mirror's: tags and favorites follow the same rules, each
/// in a table of its own.
/// </summary>
internal sealed class LocalOverlay
{
    /// <summary>The version under which a machine's own are sealed; what online once had keeps the version that it had there.</summary>
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

    /// <summary>The flags of a stream; null: it holds no flags.</summary>
    public static LocalOverlay? Of(VaultUse use, RecordStream stream) => stream switch
    {
        RecordStream.Tags => Tags(use),
        RecordStream.Favorite => Favorites(use),
        _ => null,
    };

    /// <summary>What holds on this machine; null: nothing was ever set.</summary>
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

    /// <summary>Whether this machine has its own.</summary>
    public bool HasOwn(Guid id) => _use.Connection.Scalar<long>($"SELECT EXISTS (SELECT 1 FROM {_table} WHERE id = $1)", id) != 0;

    /// <summary>Two values show the same text where the user sees no difference.</summary>
    public string Show((long Version, byte[] Body)? value, Guid id)
    {
        if (value is not { } known)
            return "";
        if (Stream == RecordStream.Favorite)
            return SealedEntry.OpenFavorite(_use.Keys, id, known.Version, known.Body) ? "favorite" : "";
        return string.Join('\n', SealedEntry.OpenTags(_use.Keys, id, known.Version, known.Body).Select(tag => ComposedText.Of(tag).ToUpperInvariant()).Order(StringComparer.Ordinal));
    }

    /// <summary>Keeps what holds now, before it is replaced.</summary>
    public void KeepInHistory(Guid id, HistoryReason reason, long now)
    {
        if (Effective(id) is { } before)
            History.Keep(_use.Connection, Stream, id, before.Version, before.Body, null, reason, now);
    }

    /// <summary>Sets this machine's own.</summary>
    public void Put(Guid id, byte[] body) =>
        _use.Connection.Execute($"""
            INSERT INTO {_table} (id, version, held, body)
            VALUES ($1, {LocalVersion}, EXISTS (SELECT 1 FROM mirror WHERE stream = {(int)Stream} AND id = $1 AND deleted = 0), $2)
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, held = excluded.held, body = excluded.body
            """, id, body);

    /// <summary>Shows what online had as this machine's own, until an online record comes.</summary>
    public void PutAsOnline(Guid id, long version, byte[] body) =>
        _use.Connection.Execute($"INSERT INTO {_table} (id, version, held, body) VALUES ($1, $2, 0, $3)", id, version, body);

    /// <summary>
    /// Keeps what holds now as this machine's own, because the mirror is about to change and this stream is not to come down.
    /// </summary>
    public void Hold(Guid id)
    {
        if (_use.Connection.Execute($"UPDATE {_table} SET held = 1 WHERE id = $1", id) > 0)
            return;
        (long Version, byte[] Body)? effective = Effective(id);
        _use.Connection.Execute($"INSERT INTO {_table} (id, version, held, body) VALUES ($1, $2, 1, $3)", id, effective?.Version ?? LocalVersion, effective?.Body);
    }

    /// <summary>Gives up this machine's own: from now on what online has holds.</summary>
    public void Release(Guid id) => _use.Connection.Execute($"DELETE FROM {_table} WHERE id = $1", id);

    /// <summary>The ids whose own is held against an online record, up to a number; not where that is owed, for then it says nothing yet.</summary>
    public IReadOnlyList<Guid> Held(int most) =>
        [.. _use.Connection.Query($"""
            SELECT id FROM {_table} l
            WHERE held = 1 AND NOT EXISTS (SELECT 1 FROM mirror m WHERE m.stream = {(int)Stream} AND m.id = l.id AND m.owed = 1)
            LIMIT $1
            """, row => row.GetId(0), most)];
}
