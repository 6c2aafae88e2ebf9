using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Reading vaults.</summary>
internal sealed partial class SqliteStore
{
    private const string RecordColumns = "SELECT stream, record_id, version, deleted, digest, body, revision, ordinal FROM record ";

    // A page says of chunks of attachments that they are there; SQLite does not read a body that is left out.
    private const string ChangeColumns = """
        SELECT stream, record_id, version, deleted, digest, iif(stream = 4 AND NOT deleted, x'', body), revision, ordinal FROM record
        """ + " ";

    public Task<ChangeSlice?> ReadChangesAsync(VaultKey vault, PagePosition after, HeadWish wish, CancellationToken cancel) =>
        SnapshotAsync(
            connection =>
            {
                if (FindVault(connection, vault) is not { } found)
                    return null;

                // Nothing is new, so no record is read.
                List<RecordChange> changes = [];
                PagePosition? next = null;
                if (!after.IsPast(found.Revision))
                    next = ReadPage(connection, found.Id, after, changes);
                if (next is not null)
                    return new ChangeSlice(changes, next, null);
                VaultHead head = ReadHead(connection, found, wish.Generation);
                return new ChangeSlice(changes, null, found.Log is not null ? head with { Shared = ReadShared(connection, found, wish.Statements) } : head with
                {
                    Log = ReadLog(connection, vault.Account).Head, SharedVaults = wish.Shared ? ReadPlaces(connection, vault.Account) : null,
                });
            },
            cancel);

    public Task<IReadOnlyList<ManifestLink>?> ReadManifestsAsync(VaultKey vault, long after, long before, CancellationToken cancel) =>
        SnapshotAsync<IReadOnlyList<ManifestLink>?>(
            connection => FindVault(connection, vault) is { } found ? Manifests(connection, found.Id, after, before) : null, cancel);

    public Task<IReadOnlyList<RecordChange>?> ReadRecordsAsync(VaultKey vault, IEnumerable<RecordKey> records, CancellationToken cancel) =>
        SnapshotAsync<IReadOnlyList<RecordChange>?>(
            connection =>
            {
                if (FindVault(connection, vault) is not { } found)
                    return null;
                List<RecordChange> answer = [];
                long bytes = 0;
                foreach (RecordKey key in records)
                {
                    RecordChange? record = connection.First(
                        RecordColumns + "WHERE vault = $vault AND stream = $stream AND record_id = $id", ToChange,
                        ("$vault", found.Id), ("$stream", key.Stream), ("$id", key.Id.ToStored()));
                    if (record is null)
                        continue;
                    answer.Add(record);
                    bytes += record.Body.Length;
                    if (bytes >= Limits.BatchBodyBytes)
                        break;
                }

                return answer;
            },
            cancel);

    /// <summary>Fills one page. Returns its end if there is more, otherwise null.</summary>
    private static PagePosition? ReadPage(SqliteConnection connection, long vault, PagePosition after, List<RecordChange> changes)
    {
        using SqliteCommand command = connection.Sql(
            ChangeColumns + "WHERE vault = $vault AND (revision, ordinal) > ($revision, $ordinal) ORDER BY revision, ordinal",
            ("$vault", vault), ("$revision", after.Revision), ("$ordinal", after.Ordinal));
        using SqliteDataReader reader = command.ExecuteReader();
        PagePosition end = after;
        long bytes = 0;
        while (reader.Read())
        {
            if (changes.Count == Limits.RecordsPerBatch || bytes >= Limits.BatchBodyBytes)
                return end;
            RecordChange change = ToChange(reader);
            changes.Add(change);
            bytes += change.Body.Length;
            end = new PagePosition(reader.GetInt64(6), reader.GetInt32(7));
        }

        return null;
    }

    private static VaultHead ReadHead(SqliteConnection connection, FoundVault vault, long? generation)
    {
        long newest = vault.Generation;
        bool onlyNewest = generation is not { } known || newest - known > Limits.ManifestsPerPage;
        long after = onlyNewest ? newest - 1 : generation!.Value;
        IReadOnlyList<ManifestLink> manifests = after < newest ? Manifests(connection, vault.Id, after, long.MaxValue) : [];
        return new VaultHead(vault.Revision, newest, vault.KeyGeneration, vault.PackVersion, manifests, vault.Removal);
    }

    private static List<ManifestLink> Manifests(SqliteConnection connection, long vault, long after, long before) => connection.All(
        """
        SELECT generation, sealed FROM manifest
        WHERE vault = $vault AND generation > $after AND generation < $before ORDER BY generation LIMIT $most
        """,
        row => new ManifestLink(row.GetInt64(0), row.Bytes(1)),
        ("$vault", vault), ("$after", after), ("$before", before), ("$most", Limits.ManifestsPerPage));

    private static RecordChange ToChange(SqliteDataReader row) =>
        new(row.GetByte(0), row.Id(1), row.GetInt64(2), row.GetBoolean(3), row.Bytes(4), row.Bytes(5));

    private static FoundVault? FindVault(SqliteConnection connection, VaultKey key) => connection.First(
        """
        SELECT vault.id, revision, generation, bytes, key_generation, pack_version, pushed, removal_id, removal_due, quota, statements, last, wrapped_key,
            (SELECT coalesce(sum(other.bytes), 0) FROM vault other WHERE other.account = vault.account AND other.id <> vault.id)
        FROM vault JOIN account ON account.id = vault.account LEFT JOIN shared_vault ON shared_vault.vault = vault.id
        LEFT JOIN vault_member ON vault_member.vault = vault.id AND fingerprint = $member AND until IS NULL
        WHERE vault.account = $account AND vault.vault_id = $vault AND account.user_id IS NOT NULL
            AND iif($member IS NULL, shared_vault.vault IS NULL, vault_member.vault IS NOT NULL)
        """,
        row => new FoundVault(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4), row.GetInt32(5),
            NumberOrNull(row, 6), ToRemoval(row, 7), NumberOrNull(row, 9), row.GetInt64(13)) is var found && row.IsDBNull(10) ? found : found with
            {
                KeyGeneration = 0, PackVersion = 0, Removal = null, Log = ToLogHead(row, 10), WrappedKey = row.IsDBNull(12) ? null : row.Bytes(12),
            },
        ("$account", key.Account), ("$vault", key.Vault.ToStored()), ("$member", key.As?.Identity.ToBytes()));

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
