using Passpack.Packing.Keys;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>One entry as this machine sees it, still sealed: local changes over the mirror.</summary>
internal sealed class EntryRow
{
    // The machine's own tags and flag if there are any; otherwise the mirror's.
    private const string TagsAndFavorite = """
        CASE WHEN lt.id IS NULL THEN mt.content_version ELSE lt.version END, CASE WHEN lt.id IS NULL THEN mt.head ELSE lt.body END,
        CASE WHEN lf.id IS NULL THEN mf.content_version ELSE lf.version END, CASE WHEN lf.id IS NULL THEN mf.head ELSE lf.body END
        """;

    private const string OnlineTagsAndFavorite = "mt.content_version, mt.head, mf.content_version, mf.head";

    private const string LocalJoins = """
        LEFT JOIN local_tags lt ON lt.id = e.id
        LEFT JOIN local_favorites lf ON lf.id = e.id
        """;

    private const string MirrorJoins = """
        LEFT JOIN mirror mt ON mt.stream = 2 AND mt.id = e.id AND mt.deleted = 0
        LEFT JOIN mirror mf ON mf.stream = 3 AND mf.id = e.id AND mf.deleted = 0
        """;

    public required Guid Id { get; init; }
    public required long Version { get; init; }
    public required byte[] Head { get; init; }
    public byte[]? Tail { get; init; }
    public long? Trashed { get; init; }

    /// <summary>Whether the next sync has something to do here.</summary>
    public bool IsPending { get; init; }

    public long? TagsVersion { get; init; }
    public byte[]? Tags { get; init; }
    public long? FavoriteVersion { get; init; }
    public byte[]? Favorite { get; init; }

    /// <summary>The rows that match without opening any; tags and favorites have to be tested after opening.</summary>
    public static IEnumerable<EntryRow> Query(VaultUse use, EntryQuery query, bool withSecret) => Query(use.Connection, use.Keys, query, withSecret);

    /// <inheritdoc cref="Query(VaultUse, EntryQuery, bool)"/>
    public static IEnumerable<EntryRow> Query(VaultConnection connection, VaultKeys keys, EntryQuery query, bool withSecret)
    {
        (string condition, object? value) = Condition(keys, query);
        string tail = withSecret ? "e.tail" : "NULL";
        string sql = query.Trashed
            ? $"""
                SELECT e.id, CASE WHEN e.head IS NULL THEN m.content_version ELSE e.version END, coalesce(e.head, m.head),
                    {(withSecret ? "CASE WHEN e.head IS NULL THEN m.tail ELSE e.tail END" : "NULL")}, e.trashed, e.pending, {TagsAndFavorite}
                FROM local_data e LEFT JOIN mirror m ON m.stream = 1 AND m.id = e.id {MirrorJoins} {LocalJoins}
                WHERE e.trashed IS NOT NULL AND e.purged = 0 {condition.Replace("e.name_key", "coalesce(e.name_key, m.name_key)", StringComparison.Ordinal)}
                """
            : $"""
                SELECT e.id, e.content_version, e.head, {tail}, NULL, 0, {TagsAndFavorite}
                FROM mirror e {MirrorJoins} {LocalJoins}
                WHERE e.stream = 1 AND e.deleted = 0 AND e.head IS NOT NULL {condition} AND NOT EXISTS (SELECT 1 FROM local_data l WHERE l.id = e.id)
                UNION ALL
                SELECT e.id, e.version, e.head, {tail}, NULL, e.pending, {TagsAndFavorite}
                FROM local_data e {MirrorJoins} {LocalJoins}
                WHERE e.trashed IS NULL {condition}
                """;
        return connection.Query(sql, Read, value is null ? [] : [value]);
    }

    /// <summary>The rows of the online account, as the mirror has it.</summary>
    public static IEnumerable<EntryRow> QueryMirror(VaultUse use, EntryQuery query, bool withSecret)
    {
        (string condition, object? value) = Condition(use.Keys, query);
        return use.Connection.Query($"""
            SELECT e.id, e.content_version, e.head, {(withSecret ? "e.tail" : "NULL")}, NULL, 0, {OnlineTagsAndFavorite}
            FROM mirror e {MirrorJoins}
            WHERE e.stream = 1 AND e.deleted = 0 AND e.head IS NOT NULL {condition}
            """, Read, value is null ? [] : [value]);
    }

    public EntrySummary OpenSummary(VaultKeys keys)
    {
        EntryContent content = OpenSummaryContent(keys);
        return Summarize(content, keys);
    }

    public FullEntry OpenFull(VaultKeys keys)
    {
        EntryContent content = OpenContent(keys);
        return new FullEntry(Summarize(content, keys), content.ToSecret());
    }

    public EntryContent OpenContent(VaultKeys keys) => SealedEntry.OpenSecret(keys, Id, Version, Tail, OpenSummaryContent(keys));

    public IReadOnlyList<string> OpenTags(VaultKeys keys) => Tags is null ? [] : SealedEntry.OpenTags(keys, Id, TagsVersion!.Value, Tags);

    public bool OpenFavorite(VaultKeys keys) => Favorite is not null && SealedEntry.OpenFavorite(keys, Id, FavoriteVersion!.Value, Favorite);

    private EntryContent OpenSummaryContent(VaultKeys keys) => SealedEntry.OpenSummary(keys, Id, Version, Head);

    private EntrySummary Summarize(EntryContent content, VaultKeys keys) =>
        content.ToSummary(Id, Version, OpenTags(keys), OpenFavorite(keys)) with { Trashed = Trashed.ToTime() };

    private static (string Sql, object? Value) Condition(VaultKeys keys, EntryQuery query) => query switch
    {
        { Id: Guid id } => ("AND e.id = $1", id),
        { Name: string name } => ("AND e.name_key = $1", keys.NameKey(name)),
        _ => ("", null),
    };

    private static EntryRow Read(Microsoft.Data.Sqlite.SqliteDataReader row) => new()
    {
        Id = row.GetId(0),
        Version = row.GetInt64(1),
        Head = row.GetBytes(2),
        Tail = row.GetBytesOrNull(3),
        Trashed = row.GetInt64OrNull(4),
        IsPending = row.GetBoolean(5),
        TagsVersion = row.GetInt64OrNull(6),
        Tags = row.GetBytesOrNull(7),
        FavoriteVersion = row.GetInt64OrNull(8),
        Favorite = row.GetBytesOrNull(9),
    };
}
