using Npgsql;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Key records, and the heads that signed requests name.</summary>
internal sealed partial class PostgresStore
{
    private const string Heads =
        """
        account JOIN vault ON vault.account = account.id AND vault.vault_id = account.vault_id
        JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation
        """;

    private const string KeyColumns =
        """
        key_record, key_mac, key_signature, manifest.generation, sealed, removal_id, removal_due,
        succession_record, succession_generation, succession_hash, succession_manifest, succession_signature,
        CASE WHEN administrator THEN administered END
        """;

    // How many there are of these.
    private const int KeyColumnCount = 13;

    public Task<KeysAnswer?> GetKeysAsync(long account, CancellationToken cancel) => ReadAsync(work => ReadKeysAsync(work, account), cancel);

    public Task<ChangeOutcome> ReplaceKeyRecordAsync(
        long account, CheckedKeys keys, NewEpoch? successor, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            (KeyRecord record, KeyRecordContent content) = keys;
            LockedAccount locked = await LockAsync(work, account, act.Now);
            int replaced = await work.RunNowAsync(
                """
                UPDATE account SET key_generation = @generation, epoch = @epoch, key_record = @record, key_mac = @mac, key_signature = @signature
                WHERE id = @account AND user_id IS NOT NULL AND key_generation = @generation - 1 AND epoch = @before
                """,
                ("account", account), ("generation", content.Generation), ("epoch", content.Epoch), ("record", record.Record), ("mac", record.Mac),
                ("signature", record.Signature), ("before", successor is null ? content.Epoch : content.Epoch - 1));
            if (replaced == 0)
                return ChangeOutcome.KeysMoved;
            if (successor is not null && await BeginEpochAsync(work, account, locked, content, successor) is not ChangeOutcome.Done and var refused)
                return refused;
            AppendEvent(work, locked.Log, successor is null ? EventType.KeysChanged : EventType.KeysReplaced, act);
            return ChangeOutcome.Done;
        },
        cancel);

    private static async Task<ChangeOutcome> BeginEpochAsync(
        PostgresWork work, long account, LockedAccount locked, KeyRecordContent keys, NewEpoch successor)
    {
        Succession succession = successor.Succession;
        ManifestLink first = successor.Manifest;
        if (!locked.IsHead(succession.Head) || await FindVaultAsync(work, new VaultKey(account, keys.VaultId)) is not { } vault)
            return ChangeOutcome.HeadMoved;
        work.Run(
            """
            UPDATE account SET succession_record = @record, succession_generation = @generation, succession_hash = @hash, succession_manifest = @manifest,
                succession_signature = @signature WHERE id = @account
            """,
            ("account", account), ("record", succession.Record), ("generation", succession.Head.Generation), ("hash", succession.Head.Hash),
            ("manifest", succession.FirstManifest), ("signature", succession.Signature));

        // Taken on a full account, too: there are 49 at most.
        AddManifest(work, vault.Id, first);
        work.Run(
            "UPDATE vault SET revision = revision + 1, generation = @generation, bytes = bytes + @bytes WHERE id = @vault",
            ("generation", first.Generation), ("bytes", (long)first.Sealed.Length + QuotaCost.Row), ("vault", vault.Id));
        return await ReplaceTokenAsync(work, successor.Device, successor.TokenHash, successor.Now);
    }

    private static Task<KeysAnswer?> ReadKeysAsync(PostgresWork work, long account) => work.FirstNowAsync(
        $"SELECT {KeyColumns} FROM {Heads} WHERE account.id = @account AND user_id IS NOT NULL", row => ToKeys(row, 0), ("account", account));

    private static KeysAnswer ToKeys(NpgsqlDataReader row, int first) => new(
        new KeyRecord(row.Bytes(first), row.Bytes(first + 1), row.Bytes(first + 2)), ToHead(row, first + 3),
        row.IsDBNull(first + 7) ? null : new Succession(
            row.Bytes(first + 7), new ManifestName(row.GetInt64(first + 8), row.Bytes(first + 9)), row.Bytes(first + 10), row.Bytes(first + 11)),
        ToRemoval(row, first + 5), row.NumberOrNull(first + 12));

    private static ManifestName ToHead(NpgsqlDataReader row, int column) => new(row.GetInt64(column), SignedManifest.HashOf(row.Bytes(column + 1)));

    private static PendingRemoval? ToRemoval(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : new PendingRemoval(row.GetGuid(column), row.Time(column + 1));
}
