namespace Passpack.Vault;

/// <summary>The one row of table account.</summary>
internal sealed record AccountRow
{
    private const string Columns =
        "user_id, vault_id, epoch, pack_version, key_envelope, key_generation, server, device_id, device_token, device_counter, revision, generation, " +
        "manifest_hash, lock_after_minutes, history_versions, history_days, last_sync, next_key_envelope, online_error";

    public required string UserId { get; init; }
    public required Guid VaultId { get; init; }
    public required int Epoch { get; init; }
    public required int PackVersion { get; init; }
    public required string KeyEnvelope { get; init; }
    public int KeyGeneration { get; init; }
    public string? Server { get; init; }
    public Guid? DeviceId { get; init; }
    public byte[]? DeviceToken { get; init; }
    public long DeviceCounter { get; init; }
    public long Revision { get; init; }
    public long Generation { get; init; }
    public byte[]? ManifestHash { get; init; }
    public int LockAfterMinutes { get; init; } = 15;
    public int HistoryVersions { get; init; } = 20;
    public int HistoryDays { get; init; } = 365;
    public long? LastSync { get; init; }

    /// <summary>The key envelope that is being set online; until that is settled, both open the account.</summary>
    public string? NextKeyEnvelope { get; init; }

    /// <summary>One of <see cref="Alignments.OnlineErrors"/>, as the last sync met it.</summary>
    public string? OnlineError { get; init; }

    public Checkpoint? Checkpoint => ManifestHash is null ? null : new Checkpoint(Generation, ManifestHash);

    public static AccountRow Load(VaultConnection connection) =>
        connection.First($"SELECT {Columns} FROM account", row => new AccountRow
        {
            UserId = row.GetString(0),
            VaultId = row.GetId(1),
            Epoch = row.GetInt32(2),
            PackVersion = row.GetInt32(3),
            KeyEnvelope = row.GetString(4),
            KeyGeneration = row.GetInt32(5),
            Server = row.IsDBNull(6) ? null : row.GetString(6),
            DeviceId = row.IsDBNull(7) ? null : row.GetId(7),
            DeviceToken = row.GetBytesOrNull(8),
            DeviceCounter = row.GetInt64(9),
            Revision = row.GetInt64(10),
            Generation = row.GetInt64(11),
            ManifestHash = row.GetBytesOrNull(12),
            LockAfterMinutes = row.GetInt32(13),
            HistoryVersions = row.GetInt32(14),
            HistoryDays = row.GetInt32(15),
            LastSync = row.IsDBNull(16) ? null : row.GetInt64(16),
            NextKeyEnvelope = row.IsDBNull(17) ? null : row.GetString(17),
            OnlineError = row.IsDBNull(18) ? null : row.GetString(18),
        }) ?? throw VaultErrors.Damaged(connection.Path, "its account is missing");

    public void Save(VaultConnection connection) =>
        connection.Execute(
            $"INSERT OR REPLACE INTO account (one, {Columns}) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
            UserId, VaultId, Epoch, PackVersion, KeyEnvelope, KeyGeneration, Server, DeviceId, DeviceToken, DeviceCounter, Revision, Generation,
            ManifestHash, LockAfterMinutes, HistoryVersions, HistoryDays, LastSync, NextKeyEnvelope, OnlineError);
}
