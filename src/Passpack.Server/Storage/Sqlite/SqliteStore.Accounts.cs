using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Accounts, their logins and their keys.</summary>
internal sealed partial class SqliteStore
{
    public Task<bool> HasAccountsAsync(CancellationToken cancel) => ReadAsync(HasAccounts, cancel);

    public Task<AddOutcome> AddAccountAsync(NewAccount account, DeviceSignIn device, bool onlyFirst, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            if (onlyFirst && HasAccounts(connection))
                return (false, AddOutcome.NotFirst);
            (bool Administrator, long? Quota)? invited = account.Invitation is null ? (false, null)
                : UseInvitation(connection, account.Invitation, account.Now)
                    ?? (UseRegistration(connection, account.Invitation, account.UserId, account.Now) ? (false, null) : null);
            if (invited is null)
                return (false, AddOutcome.NotInvited);
            (KeyRecord record, KeyRecordContent keys) = account.Keys;
            long? id = connection.First<long?>(
                """
                INSERT INTO account (user_id, login_salt, login_kdf, proof_salt, proof_hash,
                    key_generation, pack_version, vault_id, epoch, key_record, key_mac, key_signature, created, administrator, quota)
                VALUES ($user, $loginSalt, $kdf, $proofSalt, $proofHash, $generation, $pack, $vault, $epoch, $record, $mac, $signature, $now, $administrator, $quota)
                ON CONFLICT (user_id) DO NOTHING
                RETURNING id
                """,
                row => row.GetInt64(0),
                ("$user", account.UserId), ("$loginSalt", account.LoginSalt), ("$kdf", account.LoginKdf),
                ("$proofSalt", account.ProofSalt), ("$proofHash", account.ProofHash), ("$generation", keys.Generation),
                ("$pack", KeyRecordContent.PackVersion), ("$vault", keys.VaultId.ToStored()), ("$epoch", keys.Epoch),
                ("$record", record.Record), ("$mac", record.Mac), ("$signature", record.Signature), ("$now", account.Now.ToStored()),
                ("$administrator", invited.Value.Administrator), ("$quota", invited.Value.Quota));
            if (id is null)
                return (false, AddOutcome.Taken);

            ManifestLink manifest = account.Manifest;
            long vault = connection.First(
                "INSERT INTO vault (account, vault_id, revision, generation, bytes) VALUES ($account, $vault, 0, $generation, $bytes) RETURNING id",
                row => row.GetInt64(0),
                ("$account", id), ("$vault", keys.VaultId.ToStored()), ("$generation", manifest.Generation),
                    ("$bytes", manifest.Sealed.Length + QuotaCost.Row));
            AddManifest(connection, vault, manifest);
            PutDevice(connection, id.Value, device);
            AppendEvent(connection, id.Value, EventType.Registered, device.Act);
            if (account.Place is not null)
                NotePlace(connection, id.Value, account.Place, account.Now);
            return IsBeyondTotal(connection, account.TotalQuotaBytes) ? (false, AddOutcome.Full) : (true, AddOutcome.Added);
        },
        cancel);

    public Task<StoredLogin?> FindLoginAsync(string userId, CancellationToken cancel) => ReadAsync(
        connection => connection.First(LoginColumns + "WHERE user_id = $user", ToLogin, ("$user", userId)), cancel);

    public Task<StoredLogin?> FindLoginAsync(long account, CancellationToken cancel) => ReadAsync(
        connection => connection.First(LoginColumns + "WHERE id = $id AND user_id IS NOT NULL", ToLogin, ("$id", account)), cancel);

    public Task<ChangeOutcome> ReplaceLoginAsync(
        StoredLogin found, NewLogin login, Guid keptDevice, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            if (!IsHead(connection, found.Account, head))
                return ChangeOutcome.HeadMoved;
            if (!PutLogin(connection, found, login))
                return ChangeOutcome.LoginMoved;
            VoidReset(connection, found.Account);
            int revoked = connection.Run(
                "DELETE FROM device WHERE account = $id AND device_id <> $kept", ("$id", found.Account), ("$kept", keptDevice.ToStored()));
            connection.Run("DELETE FROM sign_in WHERE account = $id", ("$id", found.Account));
            AppendEvent(connection, found.Account, EventType.PasswordChanged, act, count: revoked);
            return ChangeOutcome.Done;
        },
        cancel);

    /// <summary>Replaces a login, unless it is another one than was found. Whether it did.</summary>
    private static bool PutLogin(SqliteConnection connection, StoredLogin found, NewLogin login) => connection.Run(
        """
        UPDATE account SET login_salt = $loginSalt, login_kdf = $kdf, proof_salt = $proofSalt, proof_hash = $proofHash
        WHERE id = $id AND user_id IS NOT NULL AND proof_hash = $found
        """,
        ("$id", found.Account), ("$found", found.ProofHash), ("$loginSalt", login.LoginSalt), ("$kdf", login.LoginKdf), ("$proofSalt", login.ProofSalt),
        ("$proofHash", login.ProofHash)) == 1;

    /// <summary>Whoever knows the Password needs no code that sets another one.</summary>
    private static void VoidReset(SqliteConnection connection, long account) => connection.Run(
        "UPDATE account SET reset_hash = NULL, reset_until = NULL WHERE id = $account AND reset_hash IS NOT NULL", ("$account", account));

    private static bool HasAccounts(SqliteConnection connection) =>
        connection.First("SELECT 1 FROM account WHERE user_id IS NOT NULL LIMIT 1", row => row.GetInt32(0)) == 1;

    /// <summary>Whether all accounts together exceed a limit, including the changes of this transaction.</summary>
    private static bool IsBeyondTotal(SqliteConnection connection, long? most) =>
        most is not null && connection.First("SELECT bytes FROM server", row => row.GetInt64(0)) > most;

    private const string LoginColumns = $"""
        SELECT id, user_id, login_salt, login_kdf, proof_salt, proof_hash, {FactorColumns}, disabled, needs_second_factor, lockout_resets
        FROM account LEFT JOIN second_factor ON second_factor.account = id

        """;

    private static StoredLogin ToLogin(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.Bytes(2), row.GetString(3), row.Bytes(4), row.Bytes(5))
        {
            SecondFactor = ToSecondFactor(row, 6), Disabled = row.GetBoolean(12), NeedsSecondFactor = row.GetBoolean(13), LockoutResets = row.GetInt64(14),
        };
}
