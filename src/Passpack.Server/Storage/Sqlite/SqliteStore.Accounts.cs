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
            KeyRecord keys = account.Keys;
            long? id = connection.First<long?>(
                """
                INSERT INTO account (user_id, login_salt, login_kdf, proof_salt, proof_hash,
                    key_generation, pack_version, vault_id, epoch, key_envelope, key_mac, created)
                VALUES ($user, $loginSalt, $kdf, $proofSalt, $proofHash, $generation, $pack, $vault, $epoch, $envelope, $mac, $now)
                ON CONFLICT (user_id) DO NOTHING
                RETURNING id
                """,
                row => row.GetInt64(0),
                ("$user", account.UserId), ("$loginSalt", account.LoginSalt), ("$kdf", account.LoginKdf),
                ("$proofSalt", account.ProofSalt), ("$proofHash", account.ProofHash), ("$generation", keys.Generation),
                ("$pack", keys.PackVersion), ("$vault", keys.VaultId.ToStored()), ("$epoch", keys.Epoch),
                ("$envelope", keys.KeyEnvelope), ("$mac", keys.Mac), ("$now", account.Now.ToStored()));
            if (id is null)
                return (false, AddOutcome.Taken);

            ManifestLink manifest = account.Manifest;
            long vault = connection.First(
                "INSERT INTO vault (account, vault_id, revision, generation, bytes) VALUES ($account, $vault, 0, $generation, $bytes) RETURNING id",
                row => row.GetInt64(0),
                ("$account", id), ("$vault", keys.VaultId.ToStored()), ("$generation", manifest.Generation),
                    ("$bytes", manifest.Sealed.Length + QuotaCost.Row));
            AddManifest(connection, vault, manifest);
            SignIn(connection, id.Value, device);
            if (account.Place is not null)
                NotePlace(connection, id.Value, account.Place, account.Now);
            return IsBeyondTotal(connection, account.TotalQuotaBytes) ? (false, AddOutcome.Full) : (true, AddOutcome.Added);
        },
        cancel);

    public Task<StoredLogin?> FindLoginAsync(string userId, CancellationToken cancel) => ReadAsync(
        connection => connection.First(LoginColumns + "WHERE user_id = $user", ToLogin, ("$user", userId)), cancel);

    public Task<StoredLogin?> FindLoginAsync(long account, CancellationToken cancel) => ReadAsync(
        connection => connection.First(LoginColumns + "WHERE id = $id AND user_id IS NOT NULL", ToLogin, ("$id", account)), cancel);

    public Task<bool> ReplaceLoginAsync(StoredLogin found, NewLogin login, Guid keptDevice, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int replaced = connection.Run(
                """
                UPDATE account SET login_salt = $loginSalt, login_kdf = $kdf, proof_salt = $proofSalt, proof_hash = $proofHash
                WHERE id = $id AND user_id IS NOT NULL AND proof_hash = $found
                """,
                ("$id", found.Account), ("$found", found.ProofHash), ("$loginSalt", login.LoginSalt), ("$kdf", login.LoginKdf),
                ("$proofSalt", login.ProofSalt), ("$proofHash", login.ProofHash));
            if (replaced == 0)
                return (false, false);
            connection.Run("DELETE FROM device WHERE account = $id AND device_id <> $kept", ("$id", found.Account), ("$kept", keptDevice.ToStored()));
            return (true, true);
        },
        cancel);

    public Task<KeyRecord> GetKeyRecordAsync(long account, CancellationToken cancel) => ReadAsync(
        connection => connection.First(
            "SELECT key_generation, pack_version, vault_id, epoch, key_envelope, key_mac FROM account WHERE id = $id",
            row => new KeyRecord(row.GetInt32(0), row.GetInt32(1), row.Id(2), row.GetInt32(3), row.GetString(4), row.Bytes(5)),
            ("$id", account)) ?? throw new StoreException(StoreFailure.Unusable, $"{path} lacks an account that a device belongs to."),
        cancel);

    public Task<bool> ReplaceKeyRecordAsync(long account, KeyRecord keys, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int replaced = connection.Run(
                """
                UPDATE account SET key_generation = $generation, pack_version = $pack, epoch = $epoch, key_envelope = $envelope, key_mac = $mac
                WHERE id = $id AND key_generation = $generation - 1
                """,
                ("$id", account), ("$generation", keys.Generation), ("$pack", keys.PackVersion), ("$epoch", keys.Epoch),
                ("$envelope", keys.KeyEnvelope), ("$mac", keys.Mac));
            return (true, replaced == 1);
        },
        cancel);

    private static bool HasAccounts(SqliteConnection connection) =>
        connection.First("SELECT 1 FROM account WHERE user_id IS NOT NULL LIMIT 1", row => row.GetInt32(0)) == 1;

    /// <summary>Whether all accounts together exceed a limit, including the changes of this transaction.</summary>
    private static bool IsBeyondTotal(SqliteConnection connection, long? most) =>
        most is not null && connection.First("SELECT bytes FROM server", row => row.GetInt64(0)) > most;

    private const string LoginColumns = "SELECT id, user_id, login_salt, login_kdf, proof_salt, proof_hash FROM account ";

    private static StoredLogin ToLogin(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.Bytes(2), row.GetString(3), row.Bytes(4), row.Bytes(5));
}
