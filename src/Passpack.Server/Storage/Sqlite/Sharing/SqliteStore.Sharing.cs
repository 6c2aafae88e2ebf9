using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Shared vaults: their logs, members and wrapped keys.</summary>
internal sealed partial class SqliteStore
{
    public Task<SharedPlace?> FindSharedAsync(long account, Guid vaultId, CancellationToken cancel) => SnapshotAsync(
        connection => FindIdentity(connection, account) is not { } identity ? null : connection.First(
            """
            SELECT vault.account, statements, last, manifest.generation, sealed, until
            FROM shared_vault JOIN vault ON vault.id = shared_vault.vault
            JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation
            JOIN vault_member ON vault_member.vault = vault.id AND fingerprint = $member
            WHERE shared_vault.vault_id = $vault
            """,
            row => new SharedPlace(
                new VaultKey(row.GetInt64(0), vaultId, new Membership(account, identity)),
                new SharedHeads(ToLogHead(row, 1), ToManifestHead(row, 3)), NumberOrNull(row, 5)),
            ("$vault", vaultId.ToStored()), ("$member", identity.ToBytes())),
        cancel);

    public Task<SharingOutcome> AddSharedVaultAsync(long account, NewSharedVault vault, Quotas quotas, Act act, CancellationToken cancel) => ShareAsync(
        connection =>
        {
            if (FindIdentity(connection, account) != vault.Founder)
                return SharingOutcome.NotMember;
            byte[] id = vault.VaultId.ToStored();
            if (connection.First("SELECT vault FROM shared_vault WHERE vault_id = $vault", row => (long?)row.GetInt64(0), ("$vault", id)) is { } there)
            {
                bool isSame = FindStatement(connection, there, 0)!.AsSpan().SequenceEqual(vault.Statement)
                    && Manifests(connection, there, 0, 2).Any(first => first.Sealed.AsSpan().SequenceEqual(vault.Manifest.Sealed));
                return isSame ? SharingOutcome.Repeated : SharingOutcome.Taken;
            }

            if (connection.First("SELECT count(*) FROM shared_vault JOIN vault ON vault.id = vault WHERE account = $account", row => row.GetInt64(0),
                ("$account", account)) >= Limits.SharedVaultsFounded || CountPlaces(connection, vault.Founder) >= Limits.SharedVaultsJoined)
            {
                return SharingOutcome.TooMany;
            }

            long bytes = vault.Manifest.Sealed.Length + vault.Statement.Length + WrappedKey.KeyBytes + (3 * QuotaCost.Row);
            // A client makes the id of its own vault up, and may have made this one.
            long? row = connection.First<long?>(
                """
                INSERT INTO vault (account, vault_id, revision, generation, bytes) VALUES ($account, $vault, 0, 1, $bytes)
                ON CONFLICT (account, vault_id) DO NOTHING RETURNING id
                """,
                row => row.GetInt64(0), ("$account", account), ("$vault", id), ("$bytes", bytes));
            if (row is not { } added)
                return SharingOutcome.Taken;
            AddManifest(connection, added, vault.Manifest);
            connection.Run("INSERT INTO shared_vault (vault, vault_id, statements, last) VALUES ($vault, $id, 1, $hash)",
                ("$vault", added), ("$id", id), ("$hash", vault.Hash.ToBytes()));
            AddStatement(connection, added, 0, vault.Statement);
            PutMember(connection, added, new MemberChange(vault.Founder, VaultRole.Owner), default);
            PutKeys(connection, added, [new WrappedKey(vault.Founder.ToBytes(), vault.WrappedKey)]);
            AppendEvent(connection, account, EventType.SharedVaultCreated, act);
            return IsBeyond(connection, account, quotas);
        },
        cancel);

    public Task<IReadOnlyList<byte[]>> ReadStatementsAsync(Guid vaultId, long after, long last, CancellationToken cancel) =>
        SnapshotAsync<IReadOnlyList<byte[]>>(
            connection => connection.First("SELECT vault FROM shared_vault WHERE vault_id = $vault", row => (long?)row.GetInt64(0), ("$vault", vaultId.ToStored()))
                is { } vault ? StatementsAfter(connection, vault, after, last) : [],
            cancel);

    public Task<SharingOutcome> AppendStatementAsync(VaultKey vault, NewStatement statement, Act act, CancellationToken cancel) => ShareAsync(
        connection =>
        {
            if (FindVault(connection, vault) is not { Log: { } log } found)
                return SharingOutcome.NotMember;
            if (FindStatement(connection, found.Id, statement.Head.Number) is { } stored && stored.AsSpan().SequenceEqual(statement.Bytes))
                return SharingOutcome.Repeated;
            if (log != statement.Judged.Log || !IsNewest(connection, found.Id, statement.Judged.Manifest))
                return SharingOutcome.Moved;
            foreach (MemberChange change in statement.Changes.Where(change => change.Role is not null))
            {
                if (!HasPlace(connection, found.Id, change.Identity) && CountPlaces(connection, change.Identity) >= Limits.SharedVaultsJoined)
                    return SharingOutcome.TooMany;
            }

            AddStatement(connection, found.Id, statement.Head.Number, statement.Bytes);
            connection.Run("UPDATE shared_vault SET statements = $count, last = $hash WHERE vault = $vault",
                ("$vault", found.Id), ("$count", statement.Head.Number + 1), ("$hash", statement.Head.Hash.ToBytes()));
            if (statement.StartsEpoch)
                connection.Run("UPDATE vault_member SET wrapped_key = NULL WHERE vault = $vault", ("$vault", found.Id));
            int added = statement.Changes.Sum(change => PutMember(connection, found.Id, change, statement.Head));
            PutKeys(connection, found.Id, statement.Keys);
            connection.Run("UPDATE vault SET bytes = bytes + $bytes WHERE id = $vault", ("$vault", found.Id),
                ("$bytes", statement.Bytes.Length + QuotaCost.Row + (added * (WrappedKey.KeyBytes + QuotaCost.Row))));
            AppendEvent(connection, vault.Asker, EventType.StatementTaken, act, count: statement.Kind);
            return statement.Quotas is { } quotas ? IsBeyond(connection, vault.Account, quotas) : SharingOutcome.Done;
        },
        cancel);

    public Task<SharingOutcome> RewrapAsync(VaultKey vault, ChainHead log, IReadOnlyList<WrappedKey> keys, CancellationToken cancel) => ShareAsync(
        connection =>
        {
            if (FindVault(connection, vault) is not { Log: { } newest } found)
                return SharingOutcome.NotMember;
            if (newest != log)
                return SharingOutcome.Moved;
            PutKeys(connection, found.Id, keys);
            return SharingOutcome.Done;
        },
        cancel);

    /// <summary>Runs a write transaction, which is kept only if its change was made.</summary>
    private Task<SharingOutcome> ShareAsync(Func<SqliteConnection, SharingOutcome> work, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            SharingOutcome outcome = work(connection);
            return (outcome == SharingOutcome.Done, outcome);
        },
        cancel);

    /// <summary>What the head of a shared vault says of its log.</summary>
    private static SharedVaultHead ReadShared(SqliteConnection connection, FoundVault vault, long? statements) => new(
        vault.Log!.Value.Number + 1, statements is { } after ? StatementsAfter(connection, vault.Id, after, long.MaxValue) : [], vault.WrappedKey);

    /// <summary>Where all shared vaults of an account stand for it.</summary>
    private static List<SharedVaultPlace> ReadPlaces(SqliteConnection connection, long account) =>
        FindIdentity(connection, account) is not { } identity ? [] : connection.All(
            """
            SELECT shared_vault.vault_id, revision, statements, last, manifest.generation, sealed, wrapped_key, until, until_hash
            FROM vault_member JOIN shared_vault ON shared_vault.vault = vault_member.vault JOIN vault ON vault.id = shared_vault.vault
            JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation
            WHERE fingerprint = $member ORDER BY shared_vault.vault_id
            """,
            row => new SharedVaultPlace(row.Id(0), row.IsDBNull(7)
                ? SharedVaultState.Compute(row.Id(0), row.GetInt64(1), ToManifestHead(row, 4), ToLogHead(row, 2), row.IsDBNull(6) ? null : row.Bytes(6))
                : SharedVaultState.ComputeForFormer(row.Id(0), new ChainHead(row.GetInt64(7), Hash256.Read(row.Bytes(8))))),
            ("$member", identity.ToBytes()));

    /// <summary>The fingerprint of an account's identity in force. Null if the account was removed.</summary>
    private static Hash256? FindIdentity(SqliteConnection connection, long account) => connection.First<Hash256?>(
        "SELECT key_record FROM account WHERE id = $account AND user_id IS NOT NULL",
        row => Hash256.Read(KeyRecordContent.FingerprintOf(row.Bytes(0))), ("$account", account));

    private static List<byte[]> StatementsAfter(SqliteConnection connection, long vault, long after, long last)
    {
        using SqliteCommand command = connection.Sql(
            "SELECT bytes FROM vault_statement WHERE vault = $vault AND number > $after AND number <= $last ORDER BY number LIMIT $most",
            ("$vault", vault), ("$after", after), ("$last", last), ("$most", Limits.StatementsPerPage));
        using SqliteDataReader row = command.ExecuteReader();
        List<byte[]> page = [];
        for (long bytes = 0; bytes < Limits.StatementPageBytes && row.Read(); bytes += page[^1].Length)
            page.Add(row.Bytes(0));
        return page;
    }

    private static byte[]? FindStatement(SqliteConnection connection, long vault, long number) => connection.First(
        "SELECT bytes FROM vault_statement WHERE vault = $vault AND number = $number", row => row.Bytes(0), ("$vault", vault), ("$number", number));

    private static void AddStatement(SqliteConnection connection, long vault, long number, byte[] statement) => connection.Run(
        "INSERT INTO vault_statement (vault, number, bytes) VALUES ($vault, $number, $bytes)", ("$vault", vault), ("$number", number), ("$bytes", statement));

    /// <summary>Writes what a member is after a statement. How many rows it added.</summary>
    private static int PutMember(SqliteConnection connection, long vault, MemberChange change, ChainHead statement)
    {
        if (change.Role is not { } role)
        {
            connection.Run(
                "UPDATE vault_member SET wrapped_key = NULL, until = $until, until_hash = $hash WHERE vault = $vault AND fingerprint = $member",
                ("$vault", vault), ("$member", change.Identity.ToBytes()), ("$until", statement.Number), ("$hash", statement.Hash.ToBytes()));
            return 0;
        }

        int before = HasPlace(connection, vault, change.Identity) ? 1 : 0;
        connection.Run(
            """
            INSERT INTO vault_member (vault, fingerprint, role) VALUES ($vault, $member, $role)
            ON CONFLICT (vault, fingerprint) DO UPDATE SET role = excluded.role, until = NULL, until_hash = NULL
            """,
            ("$vault", vault), ("$member", change.Identity.ToBytes()), ("$role", (int)role));
        return 1 - before;
    }

    private static void PutKeys(SqliteConnection connection, long vault, IReadOnlyList<WrappedKey> keys)
    {
        foreach (WrappedKey key in keys)
        {
            connection.Run("UPDATE vault_member SET wrapped_key = $key WHERE vault = $vault AND fingerprint = $member AND until IS NULL",
                ("$vault", vault), ("$member", key.Member), ("$key", key.Key));
        }
    }

    private static bool HasPlace(SqliteConnection connection, long vault, Hash256 member) => connection.First(
        "SELECT 1 FROM vault_member WHERE vault = $vault AND fingerprint = $member", row => row.GetInt32(0),
        ("$vault", vault), ("$member", member.ToBytes())) == 1;

    private static long CountPlaces(SqliteConnection connection, Hash256 member) => connection.First(
        "SELECT count(*) FROM vault_member WHERE fingerprint = $member", row => row.GetInt64(0), ("$member", member.ToBytes()));

    /// <summary>Whether a manifest is the newest of a vault.</summary>
    private static bool IsNewest(SqliteConnection connection, long vault, ChainHead manifest) => manifest == connection.First(
        "SELECT manifest.generation, sealed FROM vault JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation WHERE vault.id = $vault",
        row => ToManifestHead(row, 0), ("$vault", vault));

    /// <summary>Whether an account, or all together, have more bytes than they may, this transaction's with them.</summary>
    private static SharingOutcome IsBeyond(SqliteConnection connection, long account, Quotas quotas)
    {
        (long bytes, long? quota) = connection.First(
            "SELECT (SELECT sum(bytes) FROM vault WHERE account = $account), quota FROM account WHERE id = $account",
            row => (row.GetInt64(0), NumberOrNull(row, 1)), ("$account", account));
        if (bytes > (quota ?? quotas.Account))
            return SharingOutcome.QuotaExceeded;
        return IsBeyondTotal(connection, quotas.Total) ? SharingOutcome.Full : SharingOutcome.Done;
    }

    private static ChainHead ToLogHead(SqliteDataReader row, int column) => new(row.GetInt64(column) - 1, Hash256.Read(row.Bytes(column + 1)));

    private static ChainHead ToManifestHead(SqliteDataReader row, int column) => new(row.GetInt64(column), Hash256.Of(row.Bytes(column + 1)));
}
