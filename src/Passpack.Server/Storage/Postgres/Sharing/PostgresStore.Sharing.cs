using Npgsql;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Shared vaults: their logs, members and wrapped keys.</summary>
internal sealed partial class PostgresStore
{
    public Task<SharedPlace?> FindSharedAsync(long account, Guid vaultId, CancellationToken cancel) => SnapshotAsync(
        async work => await FindIdentityAsync(work, account) is not { } identity ? null : await work.FirstNowAsync(
            """
            SELECT vault.account, statements, last, manifest.generation, sealed, until
            FROM shared_vault JOIN vault ON vault.id = shared_vault.vault
            JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation
            JOIN vault_member ON vault_member.vault = vault.id AND fingerprint = @member
            WHERE shared_vault.vault_id = @vault
            """,
            row => new SharedPlace(
                new VaultKey(row.GetInt64(0), vaultId, new Membership(account, identity)),
                new SharedHeads(ToLogHead(row, 1), ToManifestHead(row, 3)), row.NumberOrNull(5)),
            ("vault", vaultId), ("member", identity.ToBytes())),
        cancel);

    public Task<SharingOutcome> AddSharedVaultAsync(long account, NewSharedVault vault, Quotas quotas, Act act, CancellationToken cancel) => ShareAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, account, act.Now);
            if (await FindIdentityAsync(work, account) != vault.Founder)
                return SharingOutcome.NotMember;
            if (await work.FirstNowAsync("SELECT vault FROM shared_vault WHERE vault_id = @vault", row => (long?)row.GetInt64(0), ("vault", vault.VaultId)) is { } there)
            {
                bool isSame = (await FindStatementAsync(work, there, 0)).AsSpan().SequenceEqual(vault.Statement) && await work.FirstNowAsync(
                    "SELECT sealed = @sealed FROM manifest WHERE vault = @vault AND generation = 1", row => row.GetBoolean(0),
                    ("vault", there), ("sealed", vault.Manifest.Sealed));
                return isSame ? SharingOutcome.Repeated : SharingOutcome.Taken;
            }

            (long founded, long joined) = await work.FirstNowAsync(
                """
                SELECT (SELECT count(*) FROM shared_vault JOIN vault ON vault.id = vault WHERE account = @account),
                    (SELECT count(*) FROM vault_member WHERE fingerprint = @member)
                """,
                row => (row.GetInt64(0), row.GetInt64(1)), ("account", account), ("member", vault.Founder.ToBytes()));
            if (founded >= Limits.SharedVaultsFounded || joined >= Limits.SharedVaultsJoined)
                return SharingOutcome.TooMany;

            long bytes = vault.Manifest.Sealed.Length + vault.Statement.Length + WrappedKey.KeyBytes + (3 * QuotaCost.Row);
            // A client makes the id of its own vault up, and may have made this one.
            long? row = await work.FirstNowAsync<long?>(
                """
                INSERT INTO vault (account, vault_id, revision, generation, bytes) VALUES (@account, @vault, 0, 1, @bytes)
                ON CONFLICT (account, vault_id) DO NOTHING RETURNING id
                """,
                row => row.GetInt64(0), ("account", account), ("vault", vault.VaultId), ("bytes", bytes));
            if (row is not { } added)
                return SharingOutcome.Taken;
            AddManifest(work, added, vault.Manifest);
            work.Run("INSERT INTO shared_vault (vault, vault_id, statements, last) VALUES (@vault, @id, 1, @hash)",
                ("vault", added), ("id", vault.VaultId), ("hash", vault.Hash.ToBytes()));
            AddStatement(work, added, 0, vault.Statement);
            PutMember(work, added, new MemberChange(vault.Founder, VaultRole.Owner), default);
            PutKeys(work, added, [new WrappedKey(vault.Founder.ToBytes(), vault.WrappedKey)]);
            AppendEvent(work, locked.Log, EventType.SharedVaultCreated, act);
            return await IsBeyondAsync(work, account, quotas);
        },
        cancel);

    public Task<IReadOnlyList<byte[]>> ReadStatementsAsync(Guid vaultId, long after, long last, CancellationToken cancel) => ReadAsync<IReadOnlyList<byte[]>>(
        async work =>
        {
            List<byte[]> page = AskStatements(work, "(SELECT vault FROM shared_vault WHERE vault_id = @vault)", after, last, ("vault", vaultId));
            await work.SendAsync();
            return page;
        },
        cancel);

    public Task<SharingOutcome> AppendStatementAsync(VaultKey vault, NewStatement statement, Act act, CancellationToken cancel) => ShareAsync(
        async work =>
        {
            LockedAccount asker = await LockAsync(work, vault.Asker, act.Now);
            if (await LockSharedAsync(work, vault) is not { Log: { } log } found)
                return SharingOutcome.NotMember;
            if ((await FindStatementAsync(work, found.Id, statement.Head.Number)).AsSpan().SequenceEqual(statement.Bytes))
                return SharingOutcome.Repeated;
            if (log != statement.Judged.Log || !await IsNewestAsync(work, found.Id, statement.Judged.Manifest))
                return SharingOutcome.Moved;
            byte[][] coming = [.. statement.Changes.Where(change => change.Role is not null).Select(change => change.Identity.ToBytes())];
            (long known, bool hasRoom) = await work.FirstNowAsync(
                """
                SELECT count(*) FILTER (WHERE here), coalesce(bool_and(here OR places < @most), true) FROM (
                    SELECT EXISTS (SELECT 1 FROM vault_member m WHERE m.vault = @vault AND m.fingerprint = k.member) AS here,
                        (SELECT count(*) FROM vault_member m WHERE m.fingerprint = k.member) AS places
                    FROM unnest(@members) AS k (member)) found
                """,
                row => (row.GetInt64(0), row.GetBoolean(1)), ("vault", found.Id), ("members", coming), ("most", (long)Limits.SharedVaultsJoined));
            if (!hasRoom)
                return SharingOutcome.TooMany;

            AddStatement(work, found.Id, statement.Head.Number, statement.Bytes);
            work.Run("UPDATE shared_vault SET statements = @count, last = @hash WHERE vault = @vault",
                ("vault", found.Id), ("count", statement.Head.Number + 1), ("hash", statement.Head.Hash.ToBytes()));
            if (statement.StartsEpoch)
                work.Run("UPDATE vault_member SET wrapped_key = NULL WHERE vault = @vault", ("vault", found.Id));
            foreach (MemberChange change in statement.Changes)
                PutMember(work, found.Id, change, statement.Head);
            PutKeys(work, found.Id, statement.Keys);
            work.Run("UPDATE vault SET bytes = bytes + @bytes WHERE id = @vault", ("vault", found.Id),
                ("bytes", statement.Bytes.Length + QuotaCost.Row + ((coming.Length - known) * (WrappedKey.KeyBytes + QuotaCost.Row))));
            AppendEvent(work, asker.Log, EventType.StatementTaken, act, count: statement.Kind);
            return statement.Quotas is { } quotas ? await IsBeyondAsync(work, vault.Account, quotas) : SharingOutcome.Done;
        },
        cancel);

    public Task<SharingOutcome> RewrapAsync(VaultKey vault, ChainHead log, IReadOnlyList<WrappedKey> keys, CancellationToken cancel) => ShareAsync(
        async work =>
        {
            if (await LockSharedAsync(work, vault) is not { Log: { } newest } found)
                return SharingOutcome.NotMember;
            if (newest != log)
                return SharingOutcome.Moved;
            PutKeys(work, found.Id, keys);
            return SharingOutcome.Done;
        },
        cancel);

    /// <summary>Runs a transaction that writes, which is kept only if its change was made.</summary>
    private Task<SharingOutcome> ShareAsync(Func<PostgresWork, Task<SharingOutcome>> work, CancellationToken cancel) => WriteAsync(
        async transaction =>
        {
            SharingOutcome outcome = await work(transaction);
            return (outcome == SharingOutcome.Done, outcome);
        },
        cancel, isRepeatable: true);

    /// <summary>Holds a shared vault's row until the commit. Null if who asks is no member of it.</summary>
    private static Task<FoundVault?> LockSharedAsync(PostgresWork work, VaultKey vault)
    {
        work.All("SELECT 1 FROM vault WHERE account = @account AND vault_id = @vault FOR NO KEY UPDATE", _ => 0, ("account", vault.Account), ("vault", vault.Vault));
        return FindVaultAsync(work, vault);
    }

    /// <summary>Where all shared vaults of an account stand for it.</summary>
    private static async Task<IReadOnlyList<SharedVaultPlace>> ReadPlacesAsync(PostgresWork work, long account) =>
        await FindIdentityAsync(work, account) is not { } identity ? [] : await work.AllNowAsync(
            """
            SELECT shared_vault.vault_id, revision, statements, last, manifest.generation, sealed, wrapped_key, until, until_hash
            FROM vault_member JOIN shared_vault ON shared_vault.vault = vault_member.vault JOIN vault ON vault.id = shared_vault.vault
            JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation
            WHERE fingerprint = @member ORDER BY shared_vault.vault_id
            """,
            row => new SharedVaultPlace(row.GetGuid(0), row.IsDBNull(7)
                ? SharedVaultState.Compute(row.GetGuid(0), row.GetInt64(1), ToManifestHead(row, 4), ToLogHead(row, 2), row.BytesOrNull(6))
                : SharedVaultState.ComputeForFormer(row.GetGuid(0), new ChainHead(row.GetInt64(7), Hash256.Read(row.Bytes(8))))),
            ("member", identity.ToBytes()));

    /// <summary>The fingerprint of an account's identity in force. Null if the account was removed.</summary>
    private static Task<Hash256?> FindIdentityAsync(PostgresWork work, long account) => work.FirstNowAsync<Hash256?>(
        "SELECT key_record FROM account WHERE id = @account AND user_id IS NOT NULL",
        row => Hash256.Read(KeyRecordContent.FingerprintOf(row.Bytes(0))), ("account", account));

    private static List<byte[]> AskStatements(PostgresWork work, string vault, long after, long last, params ReadOnlySpan<(string, object?)> named) => work.All(
        $"""
        SELECT bytes FROM (
            SELECT number, bytes, sum(octet_length(bytes)) OVER (ORDER BY number ROWS UNBOUNDED PRECEDING) - octet_length(bytes) AS before FROM (
                SELECT number, bytes FROM vault_statement WHERE vault = {vault} AND number > @after AND number <= @last ORDER BY number LIMIT @most) picked) sized
        WHERE before < @bytes ORDER BY number
        """,
        row => row.Bytes(0), [.. named, ("after", after), ("last", last), ("most", Limits.StatementsPerPage), ("bytes", (long)Limits.StatementPageBytes)]);

    private static Task<byte[]?> FindStatementAsync(PostgresWork work, long vault, long number) => work.FirstNowAsync(
        "SELECT bytes FROM vault_statement WHERE vault = @vault AND number = @number", row => row.Bytes(0), ("vault", vault), ("number", number));

    private static void AddStatement(PostgresWork work, long vault, long number, byte[] statement) => work.Run(
        "INSERT INTO vault_statement (vault, number, bytes) VALUES (@vault, @number, @bytes)", ("vault", vault), ("number", number), ("bytes", statement));

    /// <summary>Writes what a member is after a statement.</summary>
    private static void PutMember(PostgresWork work, long vault, MemberChange change, ChainHead statement)
    {
        if (change.Role is { } role)
        {
            work.Run(
                """
                INSERT INTO vault_member (vault, fingerprint, role) VALUES (@vault, @member, @role)
                ON CONFLICT (vault, fingerprint) DO UPDATE SET role = excluded.role, until = NULL, until_hash = NULL
                """,
                ("vault", vault), ("member", change.Identity.ToBytes()), ("role", (int)role));
            return;
        }

        work.Run(
            "UPDATE vault_member SET wrapped_key = NULL, until = @until, until_hash = @hash WHERE vault = @vault AND fingerprint = @member",
            ("vault", vault), ("member", change.Identity.ToBytes()), ("until", statement.Number), ("hash", statement.Hash.ToBytes()));
    }

    private static void PutKeys(PostgresWork work, long vault, IReadOnlyList<WrappedKey> keys)
    {
        if (keys.Count > 0)
        {
            work.Run(
                """
                UPDATE vault_member SET wrapped_key = k.key FROM unnest(@members, @keys) AS k (member, key)
                WHERE vault = @vault AND fingerprint = k.member AND until IS NULL
                """,
                ("vault", vault), ("members", keys.Select(key => key.Member).ToArray()), ("keys", keys.Select(key => key.Key).ToArray()));
        }
    }

    /// <summary>Whether a manifest is the newest of a vault.</summary>
    private static async Task<bool> IsNewestAsync(PostgresWork work, long vault, ChainHead manifest) => manifest == await work.FirstNowAsync(
        "SELECT manifest.generation, sealed FROM vault JOIN manifest ON manifest.vault = vault.id AND manifest.generation = vault.generation WHERE vault.id = @vault",
        row => ToManifestHead(row, 0), ("vault", vault));

    /// <summary>Whether an account, or all together, have more bytes than they may, this transaction's with them.</summary>
    private static async Task<SharingOutcome> IsBeyondAsync(PostgresWork work, long account, Quotas quotas)
    {
        (long bytes, long? quota) = await work.FirstNowAsync(
            "SELECT (SELECT sum(bytes)::bigint FROM vault WHERE account = @account), quota FROM account WHERE id = @account",
            row => (row.GetInt64(0), row.NumberOrNull(1)), ("account", account));
        if (bytes > (quota ?? quotas.Account))
            return SharingOutcome.QuotaExceeded;
        return await IsBeyondTotalAsync(work, quotas.Total) ? SharingOutcome.Full : SharingOutcome.Done;
    }

    private static ChainHead ToLogHead(NpgsqlDataReader row, int column) => new(row.GetInt64(column) - 1, Hash256.Read(row.Bytes(column + 1)));

    private static ChainHead ToManifestHead(NpgsqlDataReader row, int column) => new(row.GetInt64(column), Hash256.Of(row.Bytes(column + 1)));
}
