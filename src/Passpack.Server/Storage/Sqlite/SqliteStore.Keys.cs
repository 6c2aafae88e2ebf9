using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Key records, and the heads that signed requests name.</summary>
internal sealed partial class SqliteStore
{
    private const string Heads =
        """
        account JOIN vault ON vault.account = account.id AND vault.vault_id = account.vault_id
        JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation
        """;

    public Task<KeysAnswer?> GetKeysAsync(long account, CancellationToken cancel) => ReadAsync(connection => ReadKeys(connection, account), cancel);

    public Task<ChangeOutcome> ReplaceKeyRecordAsync(
        long account, CheckedKeys keys, NewEpoch? successor, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            (KeyRecord record, KeyRecordContent content) = keys;
            int replaced = connection.Run(
                """
                UPDATE account SET key_generation = $generation, epoch = $epoch, key_record = $record, key_mac = $mac, key_signature = $signature
                WHERE id = $id AND user_id IS NOT NULL AND key_generation = $generation - 1 AND epoch = $before
                """,
                ("$id", account), ("$generation", content.Generation), ("$epoch", content.Epoch), ("$record", record.Record), ("$mac", record.Mac),
                ("$signature", record.Signature), ("$before", successor is null ? content.Epoch : content.Epoch - 1));
            if (replaced == 0)
                return ChangeOutcome.KeysMoved;
            if (successor is not null && BeginEpoch(connection, account, content, successor) is not ChangeOutcome.Done and var refused)
                return refused;
            AppendEvent(connection, account, successor is null ? EventType.KeysChanged : EventType.KeysReplaced, act);
            return ChangeOutcome.Done;
        },
        cancel);

    private static ChangeOutcome BeginEpoch(SqliteConnection connection, long account, KeyRecordContent keys, NewEpoch successor)
    {
        Succession succession = successor.Succession;
        ManifestLink first = successor.Manifest;
        if (!IsHead(connection, account, succession.Head) || FindVault(connection, new VaultKey(account, keys.VaultId)) is not { } vault)
            return ChangeOutcome.HeadMoved;
        connection.Run(
            """
            UPDATE account SET succession_record = $record, succession_generation = $generation, succession_hash = $hash, succession_manifest = $manifest,
                succession_signature = $signature WHERE id = $id
            """,
            ("$id", account), ("$record", succession.Record), ("$generation", succession.Head.Generation), ("$hash", succession.Head.Hash),
            ("$manifest", succession.FirstManifest), ("$signature", succession.Signature));

        // Taken on a full account, too: there are 49 at most.
        AddManifest(connection, vault.Id, first);
        connection.Run(
            "UPDATE vault SET revision = revision + 1, generation = $generation, bytes = bytes + $bytes WHERE id = $vault",
            ("$generation", first.Generation), ("$bytes", first.Sealed.Length + QuotaCost.Row), ("$vault", vault.Id));
        return ReplaceToken(connection, successor.Device, successor.TokenHash, successor.Now);
    }

    private static KeysAnswer? ReadKeys(SqliteConnection connection, long account) => connection.First(
        $"""
        SELECT key_record, key_mac, key_signature, manifest.generation, sealed, removal_id, removal_due,
            succession_record, succession_generation, succession_hash, succession_manifest, succession_signature, iif(administrator, administered, NULL)
        FROM {Heads} WHERE account.id = $id AND user_id IS NOT NULL
        """,
        row => new KeysAnswer(
            new KeyRecord(row.Bytes(0), row.Bytes(1), row.Bytes(2)), ToHead(row, 3),
            row.IsDBNull(7) ? null : new Succession(row.Bytes(7), new ManifestName(row.GetInt64(8), row.Bytes(9)), row.Bytes(10), row.Bytes(11)),
            ToRemoval(row, 5), NumberOrNull(row, 12)),
        ("$id", account));

    /// <summary>
    /// Whether a manifest is the newest of an account that is there. Every epoch begins with a manifest of its own, so who signed for this one signed under
    /// the identity in force.
    /// </summary>
    private static bool IsHead(SqliteConnection connection, long account, ManifestName head) => head.IsSame(connection.First(
        $"SELECT manifest.generation, sealed FROM {Heads} WHERE account.id = $id AND user_id IS NOT NULL", row => ToHead(row, 0), ("$id", account)));

    private static ManifestName ToHead(SqliteDataReader row, int column) => new(row.GetInt64(column), SignedManifest.HashOf(row.Bytes(column + 1)));

    private static PendingRemoval? ToRemoval(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : new PendingRemoval(row.Id(column), row.Time(column + 1));
}
