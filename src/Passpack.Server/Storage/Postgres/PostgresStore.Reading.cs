using Npgsql;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Reading vaults.</summary>
internal sealed partial class PostgresStore
{
    private const string RecordColumns = "stream, record_id, version, deleted, digest, body";

    private const string OfVault = "(SELECT id FROM vault WHERE account = @account AND vault_id = @vault)";

    // What follows the rows that were chosen: so many of them that a page is full, by bytes. A body that is not sent is not read either. In the last column
    // stands how many were chosen.
    private const string UpToBytes = "WHERE before < @bytes ORDER BY place";

    public Task<ChangeSlice?> ReadChangesAsync(VaultKey vault, PagePosition after, HeadWish wish, CancellationToken cancel) =>
        SnapshotAsync(
            async work =>
            {
                List<FoundVault> found = AskVault(work, vault);
                // A page says of chunks of attachments that they are there.
                List<(RecordChange Change, PagePosition End, long Chosen)> page = work.All(
                    $"""
                    SELECT {RecordColumns}, revision, ordinal, chosen FROM (
                        SELECT *, row_number() OVER places AS place, sum(octet_length(body)) OVER places - octet_length(body) AS before, count(*) OVER () AS chosen FROM (
                            SELECT stream, record_id, version, deleted, digest, CASE WHEN stream = 4 AND NOT deleted THEN '\x'::bytea ELSE body END AS body,
                                revision, ordinal
                            FROM record WHERE vault = {OfVault} AND (revision, ordinal) > (@revision, @ordinal) ORDER BY revision, ordinal LIMIT @most) picked
                        WINDOW places AS (ORDER BY revision, ordinal ROWS UNBOUNDED PRECEDING)) sized
                    {UpToBytes}
                    """,
                    row => (ToChange(row), new PagePosition(row.GetInt64(6), row.GetInt32(7)), row.GetInt64(8)),
                    ("account", vault.Account), ("vault", vault.Vault), ("revision", after.Revision), ("ordinal", after.Ordinal),
                    ("most", Limits.RecordsPerBatch + 1), ("bytes", (long)Limits.BatchBodyBytes));
                List<ManifestLink> manifests = work.All(
                    """
                    SELECT m.generation, sealed FROM vault JOIN manifest m ON m.vault = vault.id
                    WHERE account = @account AND vault_id = @vault AND m.generation >
                        CASE WHEN @known::bigint IS NULL OR vault.generation - @known > @most THEN vault.generation - 1 ELSE @known END
                    ORDER BY m.generation LIMIT @most
                    """,
                    ToManifest, ("account", vault.Account), ("vault", vault.Vault), ("known", wish.Generation), ("most", Limits.ManifestsPerPage));
                List<(LogHead Head, LogHead Anchor)> log = work.All(LogEnds, ToEnds, ("account", vault.Account));
                List<byte[]> statements = vault.As is not null && wish.Statements is { } known
                    ? AskStatements(work, OfVault, known, long.MaxValue, ("account", vault.Account), ("vault", vault.Vault)) : [];
                await work.SendAsync();
                if (found.Count == 0)
                    return null;
                List<RecordChange> changes = [.. page.Take(Limits.RecordsPerBatch).Select(row => row.Change)];
                if (changes.Count > 0 && changes.Count < page[0].Chosen)
                    return new ChangeSlice(changes, page[changes.Count - 1].End, null);
                FoundVault at = found[0];
                var head = new VaultHead(at.Revision, at.Generation, at.KeyGeneration, at.PackVersion, manifests, at.Removal);
                return new ChangeSlice(changes, null, at.Log is { } end ? head with { Shared = new SharedVaultHead(end.Number + 1, statements, at.WrappedKey) } : head with
                {
                    Log = log[0].Head, SharedVaults = wish.Shared ? await ReadPlacesAsync(work, vault.Account) : null,
                });
            },
            cancel);

    public Task<IReadOnlyList<ManifestLink>?> ReadManifestsAsync(VaultKey vault, long after, long before, CancellationToken cancel) =>
        SnapshotAsync<IReadOnlyList<ManifestLink>?>(
            async work =>
            {
                List<FoundVault> found = AskVault(work, vault);
                List<ManifestLink> manifests = await work.AllNowAsync(
                    $"""
                    SELECT generation, sealed FROM manifest
                    WHERE vault = {OfVault} AND generation > @after AND generation < @before ORDER BY generation LIMIT @most
                    """,
                    ToManifest, ("account", vault.Account), ("vault", vault.Vault), ("after", after), ("before", before), ("most", Limits.ManifestsPerPage));
                return found.Count == 0 ? null : manifests;
            },
            cancel);

    public Task<IReadOnlyList<RecordChange>?> ReadRecordsAsync(VaultKey vault, IEnumerable<RecordKey> records, CancellationToken cancel) =>
        SnapshotAsync<IReadOnlyList<RecordChange>?>(
            async work =>
            {
                RecordKey[] keys = [.. records];
                List<FoundVault> found = AskVault(work, vault);
                List<RecordChange> answer = await work.AllNowAsync(
                    $"""
                    SELECT {RecordColumns} FROM (
                        SELECT r.*, place, sum(octet_length(body)) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) - octet_length(body) AS before
                        FROM unnest(@streams, @ids) WITH ORDINALITY AS k (stream, id, place)
                        JOIN record r ON r.vault = {OfVault} AND r.stream = k.stream AND r.record_id = k.id) sized
                    {UpToBytes}
                    """,
                    ToChange, ("account", vault.Account), ("vault", vault.Vault), ("streams", keys.Select(key => (short)key.Stream).ToArray()),
                    ("ids", keys.Select(key => key.Id).ToArray()), ("bytes", (long)Limits.BatchBodyBytes));
                return found.Count == 0 ? null : answer;
            },
            cancel);

    private static ManifestLink ToManifest(NpgsqlDataReader row) => new(row.GetInt64(0), row.Bytes(1));

    private static RecordChange ToChange(NpgsqlDataReader row) =>
        new(row.Stream(0), row.GetGuid(1), row.GetInt64(2), row.GetBoolean(3), row.Bytes(4), row.Bytes(5));

    private static async Task<FoundVault?> FindVaultAsync(PostgresWork work, VaultKey key)
    {
        List<FoundVault> found = AskVault(work, key);
        await work.SendAsync();
        return found.FirstOrDefault();
    }

    private static List<FoundVault> AskVault(PostgresWork work, VaultKey key) => work.All(
        """
        SELECT vault.id, revision, generation, bytes, key_generation, pack_version, pushed, removal_id, removal_due, quota, statements, last, wrapped_key,
            (SELECT coalesce(sum(other.bytes), 0)::bigint FROM vault other WHERE other.account = vault.account AND other.id <> vault.id)
        FROM vault JOIN account ON account.id = vault.account LEFT JOIN shared_vault ON shared_vault.vault = vault.id
        LEFT JOIN vault_member ON vault_member.vault = vault.id AND fingerprint = @member::bytea AND until IS NULL
        WHERE vault.account = @account AND vault.vault_id = @vault AND account.user_id IS NOT NULL
            AND CASE WHEN @member::bytea IS NULL THEN shared_vault.vault IS NULL ELSE vault_member.vault IS NOT NULL END
        """,
        row => new FoundVault(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4), row.GetInt32(5),
            row.NumberOrNull(6), ToRemoval(row, 7), row.NumberOrNull(9), row.GetInt64(13)) is var found && row.IsDBNull(10) ? found : found with
            {
                KeyGeneration = 0, PackVersion = 0, Removal = null, Log = ToLogHead(row, 10), WrappedKey = row.BytesOrNull(12),
            },
        ("account", key.Account), ("vault", key.Vault), ("member", key.As?.Identity.ToBytes()));

    /// <summary>A vault, and in <paramref name="BytesBeside"/> the bytes of the others that count on the same account.</summary>
    private sealed record FoundVault(
        long Id, long Revision, long Generation, long Bytes, int KeyGeneration, int PackVersion, long? Pushed, PendingRemoval? Removal, long? Quota, long BytesBeside)
    {
        /// <summary>Of a shared vault: the head of its log.</summary>
        public ChainHead? Log { get; init; }

        /// <summary>Of a shared vault: the newest key, wrapped for who asks.</summary>
        public byte[]? WrappedKey { get; init; }
    }
}
