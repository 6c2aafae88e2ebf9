using Npgsql;
using Passpack.Protocol;
using Passpack.Server.Sync;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Accounts and their logins.</summary>
internal sealed partial class PostgresStore
{
    public Task<bool> HasAccountsAsync(CancellationToken cancel) => ReadAsync(work => work.FirstNowAsync(HasAccounts, row => row.GetBoolean(0)), cancel);

    public Task<AddOutcome> AddAccountAsync(NewAccount account, DeviceSignIn device, bool onlyFirst, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            // One after the other: else two could be the first, or the last that there is room for.
            Lock(work, RegistrationLock);
            if (onlyFirst && await work.FirstNowAsync(HasAccounts, row => row.GetBoolean(0)))
                return (false, AddOutcome.NotFirst);
            (bool Administrator, long? Quota)? invited = account.Invitation is null ? (false, null)
                : await UseInvitationAsync(work, account.Invitation, account.Now)
                    ?? (await UseRegistrationAsync(work, account.Invitation, account.UserId, account.Now) ? (false, null) : null);
            if (invited is null)
                return (false, AddOutcome.NotInvited);
            if (await InsertAccountAsync(work, account, invited.Value.Administrator, invited.Value.Quota) is not { } id)
                return (false, AddOutcome.Taken);

            (_, KeyRecordContent keys) = account.Keys;
            ManifestLink manifest = account.Manifest;
            long vault = await work.FirstNowAsync(
                "INSERT INTO vault (account, vault_id, revision, generation, bytes) VALUES (@account, @vault, 0, @generation, @bytes) RETURNING id",
                row => row.GetInt64(0),
                ("account", id), ("vault", keys.VaultId), ("generation", manifest.Generation), ("bytes", (long)manifest.Sealed.Length + QuotaCost.Row));
            AddManifest(work, vault, manifest);
            PutDevice(work, id, device);
            Append(work, AskNewLog(id, keys.VaultId), ToEvent(EventType.Registered, device.Act, 1, 0, 0));
            if (account.Place is not null)
                NotePlace(work, id, account.Place, account.Now);
            return await IsBeyondTotalAsync(work, account.TotalQuotaBytes) ? (false, AddOutcome.Full) : (true, AddOutcome.Added);
        },
        cancel);

    private static Task<long?> InsertAccountAsync(PostgresWork work, NewAccount account, bool administrator, long? quota)
    {
        (KeyRecord record, KeyRecordContent keys) = account.Keys;
        return work.FirstNowAsync<long?>(
            """
            INSERT INTO account (user_id, login_salt, login_kdf, proof_salt, proof_hash,
                key_generation, pack_version, vault_id, epoch, key_record, key_mac, key_signature, created, administrator, quota)
            VALUES (@user, @loginSalt, @kdf, @proofSalt, @proofHash, @generation, @pack, @vault, @epoch, @record, @mac, @signature, @now, @administrator, @quota)
            ON CONFLICT (user_id) DO NOTHING
            RETURNING id
            """,
            row => row.GetInt64(0),
            ("user", account.UserId.ToStoredUserId()), ("loginSalt", account.LoginSalt), ("kdf", account.LoginKdf), ("proofSalt", account.ProofSalt),
            ("proofHash", account.ProofHash), ("generation", keys.Generation), ("pack", KeyRecordContent.PackVersion), ("vault", keys.VaultId),
            ("epoch", keys.Epoch), ("record", record.Record), ("mac", record.Mac), ("signature", record.Signature), ("now", account.Now.ToStored()),
            ("administrator", administrator), ("quota", quota));
    }

    public Task<StoredLogin?> FindLoginAsync(string userId, CancellationToken cancel) => ReadAsync(
        work => work.FirstNowAsync(LoginColumns + "WHERE user_id = @user", ToLogin, ("user", userId.ToStoredUserId())), cancel);

    public Task<StoredLogin?> FindLoginAsync(long account, CancellationToken cancel) => ReadAsync(
        work => work.FirstNowAsync(LoginColumns + "WHERE id = @account AND user_id IS NOT NULL", ToLogin, ("account", account)), cancel);

    public Task<ChangeOutcome> ReplaceLoginAsync(
        StoredLogin found, NewLogin login, Guid keptDevice, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount account = await LockAsync(work, found.Account, act.Now);
            if (!account.IsHead(head))
                return ChangeOutcome.HeadMoved;
            if (!await PutLoginAsync(work, found, login))
                return ChangeOutcome.LoginMoved;
            VoidReset(work, found.Account);
            work.Run("DELETE FROM sign_in WHERE account = @account", ("account", found.Account));
            int revoked = await work.RunNowAsync(
                "DELETE FROM device WHERE account = @account AND device_id <> @kept", ("account", found.Account), ("kept", keptDevice));
            AppendEvent(work, account.Log, EventType.PasswordChanged, act, count: revoked);
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<StoredReset?> FindResetAsync(string userId, byte[] code, DateTimeOffset now, CancellationToken cancel) => SnapshotAsync(
        async work => await work.FirstNowAsync(
            LoginColumns + "WHERE user_id = @user AND reset_hash = @code AND reset_until > @now", ToLogin,
            ("user", userId.ToStoredUserId()), ("code", code), ("now", now.ToStored())) is { } login && await ReadKeysAsync(work, login.Account) is { } keys
            ? new StoredReset(login, keys) : null,
        cancel);

    public Task<ChangeOutcome> ResetLoginAsync(
        StoredLogin found, NewLogin login, byte[] code, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount account = await LockAsync(work, found.Account, act.Now);
            if (!account.IsHead(head))
                return ChangeOutcome.HeadMoved;
            // Under the account's lock, so nobody uses it between this and what follows.
            bool holds = await work.FirstNowAsync(
                "SELECT EXISTS (SELECT 1 FROM account WHERE id = @account AND reset_hash = @code AND reset_until > @now)", row => row.GetBoolean(0),
                ("account", found.Account), ("code", code), ("now", act.Now.ToStored()));
            if (!holds || !await PutLoginAsync(work, found, login))
                return ChangeOutcome.NotThere;
            VoidReset(work, found.Account);
            NpgsqlBatchCommand devices = RevokeAll(work, found.Account);
            await work.SendAsync();
            AppendEvent(work, account.Log, EventType.PasswordReset, act, count: devices.RecordsAffected);
            return ChangeOutcome.Done;
        },
        cancel);

    /// <summary>Replaces a login, unless it is another one than was found. Whether it did.</summary>
    private static async Task<bool> PutLoginAsync(PostgresWork work, StoredLogin found, NewLogin login) => await work.RunNowAsync(
        """
        UPDATE account SET login_salt = @loginSalt, login_kdf = @kdf, proof_salt = @proofSalt, proof_hash = @proofHash
        WHERE id = @account AND proof_hash = @found
        """,
        ("account", found.Account), ("found", found.ProofHash), ("loginSalt", login.LoginSalt), ("kdf", login.LoginKdf),
        ("proofSalt", login.ProofSalt), ("proofHash", login.ProofHash)) == 1;

    /// <summary>Whoever knows the Password needs no code that sets another one.</summary>
    private static void VoidReset(PostgresWork work, long account) => work.Run(
        "UPDATE account SET reset_hash = NULL, reset_until = NULL WHERE id = @account AND reset_hash IS NOT NULL", ("account", account));

    private const string HasAccounts = "SELECT EXISTS (SELECT 1 FROM account WHERE user_id IS NOT NULL)";

    /// <summary>
    /// Whether all accounts together exceed a limit, including the changes of this transaction. Near the limit one at a time asks, until its commit: else what
    /// several are about to commit would be seen by none of them. It is the last lock that is taken.
    /// </summary>
    private static async Task<bool> IsBeyondTotalAsync(PostgresWork work, long? most)
    {
        if (most is null)
            return false;
        if (await TotalAsync(work) <= most - UnseenBytes)
            return false;
        Lock(work, TotalLock);
        return await TotalAsync(work) > most;
    }

    private static Task<long> TotalAsync(PostgresWork work) => work.FirstNowAsync("SELECT sum(bytes)::bigint FROM total", row => row.GetInt64(0));

    // What sixteen nodes may be about to commit: each takes in so much at once.
    private const long UnseenBytes = 16L * TransferGates.PushesMiB << 20;

    private const string LoginColumns = $"""
        SELECT id, user_id, login_salt, login_kdf, proof_salt, proof_hash, {FactorColumns}, disabled, needs_second_factor, lockout_resets
        FROM account LEFT JOIN second_factor ON second_factor.account = id

        """;

    private static StoredLogin ToLogin(NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.UserId(1), row.Bytes(2), row.GetString(3), row.Bytes(4), row.Bytes(5))
        {
            SecondFactor = ToSecondFactor(row, 6), Disabled = row.GetBoolean(12), NeedsSecondFactor = row.GetBoolean(13), LockoutResets = row.GetInt64(14),
        };
}
