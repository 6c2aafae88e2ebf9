using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Vault.Storage;

/// <summary>
/// The one row of table account. It is authenticated (docs/pack-format.md, "The account row"): whoever can write the file, but has not the keys, changes
/// nothing in it that a sync, a change of keys or a write of the row would go by.
/// </summary>
internal sealed record AccountRow
{
    private const string Columns =
        "user_id, vault_id, epoch, pack_version, key_envelope, key_generation, server, device_id, device_token, device_counter, revision, generation, " +
        "manifest_hash, lock_after_minutes, history_versions, history_days, last_sync, login_kdf, left_generation, left_hash, " +
        "earlier_keys, key_record, next_key_record, next_token, online_error, certificate, resealing, log_number, log_hash, " +
        "statement_number, statement_hash, wrapped_key";

    public required string UserId { get; init; }
    public required Guid VaultId { get; init; }
    public required int Epoch { get; init; }
    public required int PackVersion { get; init; }
    public required string KeyEnvelope { get; init; }
    public int KeyGeneration { get; init; }
    public string? Server { get; init; }

    /// <summary>The SHA-256 of the certificate that the server has to show; null: one that a certificate authority vouches for.</summary>
    public byte[]? Certificate { get; init; }

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

    /// <summary>The cost that the server last asked for when the Password was proved.</summary>
    public string? LoginKdf { get; init; }

    /// <summary>The head that was abandoned when the user accepted a rollback of the server. Null once a manifest names it.</summary>
    public Checkpoint? Left { get; init; }

    /// <summary>The Account Keys of the epochs before <see cref="Epoch"/>, from 1 on, each sealed under a key of the next.</summary>
    public IReadOnlyList<byte[]> EarlierKeys { get; init; } = [];

    /// <summary>The online key record of <see cref="KeyGeneration"/>. Null if the account was never online.</summary>
    public StoredKeyRecord? KeyRecord { get; init; }

    /// <summary>
    /// The key record of a change of the keys that the server has not confirmed yet; until then the Packing Keys of both open the account. Null if no
    /// change is under way.
    /// </summary>
    public StoredKeyRecord? NextKeyRecord { get; init; }

    /// <summary>The online account's identity of this epoch. Null if the account was never online.</summary>
    public AccountIdentity? Identity => KeyRecord?.Content.Identity;

    /// <summary>The online account's identity of this epoch.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>: the account is connected, and lacks it.</exception>
    public AccountIdentity RequireIdentity(VaultConnection connection) =>
        Identity ?? throw VaultErrors.Damaged(connection.Path, "it is connected, and lacks the account's key record");

    /// <summary>The row with the keys of an online key record of its epoch; a change that was under way is over.</summary>
    public AccountRow With(StoredKeyRecord record) => this with
    {
        PackVersion = KeyRecordContent.PackVersion,
        KeyEnvelope = record.Content.KeyEnvelope,
        KeyGeneration = record.Content.Generation,
        KeyRecord = record,
        NextKeyRecord = null,
        NextToken = null,
    };

    /// <summary>Whether online records may still be sealed under an earlier epoch.</summary>
    public bool IsResealing { get; init; }

    /// <summary>The token that a wake, or a replacement of the keys, asked for and that is not confirmed yet. Sealed as <see cref="DeviceToken"/> is.</summary>
    public byte[]? NextToken { get; init; }

    /// <summary>The id of the error by which the online account refused keys or token at the last sync. Null if it accepted both.</summary>
    public string? OnlineError { get; init; }

    /// <summary>The head of the account's log of events that this machine verified last. Null if it saw none.</summary>
    public LogHead? Log { get; init; }

    /// <summary>Of a shared vault: the last statement of its log. Null of an account's own vault.</summary>
    public ChainHead? Statement { get; init; }

    /// <summary>Of a shared vault: the key of the present epoch, wrapped for the account. Null if it was never served.</summary>
    public byte[]? WrappedKey { get; init; }

    public Checkpoint? Checkpoint => ManifestHash is null ? null : new Checkpoint(Generation, ManifestHash);

    /// <summary>The row of an account whose keys may not be at hand: to look at, not to decide by.</summary>
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
            LoginKdf = row.IsDBNull(17) ? null : row.GetString(17),
            Left = row.IsDBNull(18) || row.IsDBNull(19) ? null : new Checkpoint(row.GetInt64(18), row.GetBytes(19)),
            EarlierKeys = [.. (row.GetBytesOrNull(20) ?? []).Chunk(KeyRecordContent.EarlierKeyBytes)],
            KeyRecord = StoredKeyRecord.Read(connection.Path, row.GetBytesOrNull(21)),
            NextKeyRecord = StoredKeyRecord.Read(connection.Path, row.GetBytesOrNull(22)),
            NextToken = row.GetBytesOrNull(23),
            OnlineError = row.IsDBNull(24) ? null : row.GetString(24),
            Certificate = row.GetBytesOrNull(25),
            IsResealing = row.GetBoolean(26),
            Log = row.IsDBNull(27) || row.IsDBNull(28) ? null : new LogHead(row.GetInt64(27), row.GetBytes(28)),
            Statement = row.IsDBNull(29) || row.GetBytesOrNull(30) is not { Length: Hash256.Length } last
                ? null : new ChainHead(row.GetInt64(29), Hash256.Read(last)),
            WrappedKey = row.GetBytesOrNull(31),
        }) ?? throw VaultErrors.Damaged(connection.Path, "its account is missing");

    /// <summary>The row, authenticated.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>: it was altered.</exception>
    public static AccountRow Load(VaultConnection connection, VaultKeys keys)
    {
        RequireEpoch(connection, keys);
        if (!IsAuthentic(connection, keys))
            throw VaultErrors.Altered(connection.Path);
        return Load(connection);
    }

    /// <summary>Refuses keys that another process has replaced since they were opened.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultLocked"/>.</exception>
    public static void RequireEpoch(VaultConnection connection, VaultKeys keys)
    {
        // A row that does not fit itself was altered, which its MAC tells.
        if (connection.First<long?>("SELECT epoch FROM account WHERE length(earlier_keys) = (epoch - 1) * " +
            $"{KeyRecordContent.EarlierKeyBytes}", row => row.GetInt64(0))
            is { } epoch && epoch > keys.Epoch)
        {
            throw new PasspackException(ErrorCodes.VaultLocked,
                $"The keys of the vault {connection.Path} were replaced since it was unlocked. Nothing was changed. Lock it with Lock-PasspackVault, and " +
                "unlock it with the new Packing Key.") { Target = connection.Path };
        }
    }

    /// <summary>Whether the row is as somebody with the keys wrote it.</summary>
    public static bool IsAuthentic(VaultConnection connection, VaultKeys keys) =>
        connection.First("SELECT mac FROM account", row => row.GetBytesOrNull(0)) is { } mac
        && CryptographicOperations.FixedTimeEquals(mac, Mac(connection, keys));

    /// <summary>Saves all columns. Only safe if no other process can have changed the row since it was loaded.</summary>
    public void Save(VaultConnection connection, VaultKeys keys)
    {
        connection.Execute(
            $"INSERT OR REPLACE INTO account (one, {Columns}) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, " +
            "$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)",
            UserId, VaultId, Epoch, PackVersion, KeyEnvelope, KeyGeneration, Server, DeviceId, DeviceToken, DeviceCounter, Revision, Generation,
            ManifestHash, LockAfterMinutes, HistoryVersions, HistoryDays, LastSync, LoginKdf, Left?.Generation, Left?.Hash,
            StoredEarlierKeys, KeyRecord?.ToBytes(), NextKeyRecord?.ToBytes(), NextToken, OnlineError, Certificate, IsResealing ? 1L : 0L,
            Log?.Number, Log?.Hash, Statement?.Number, Statement?.Hash.ToBytes(), WrappedKey);
        Authenticate(connection, keys);
    }

    /// <summary>Saves only the position in the online account: other processes may change settings and link during a sync.</summary>
    public void SavePosition(VaultConnection connection, VaultKeys keys) => Change(connection, keys,
        "UPDATE account SET device_counter = $1, revision = $2, generation = $3, manifest_hash = $4, left_generation = $5, left_hash = $6",
        DeviceCounter, Revision, Generation, ManifestHash, Left?.Generation, Left?.Hash);

    /// <summary>Saves the head of the log.</summary>
    public void SaveLog(VaultConnection connection, VaultKeys keys) =>
        Change(connection, keys, "UPDATE account SET log_number = $1, log_hash = $2", Log?.Number, Log?.Hash);

    /// <summary>Saves the head of a shared vault's log, and what follows from it: the present epoch, and its key.</summary>
    public void SaveStatement(VaultConnection connection, VaultKeys keys) => Change(connection, keys,
        "UPDATE account SET epoch = $1, statement_number = $2, statement_hash = $3, wrapped_key = $4",
        Epoch, Statement?.Number, Statement?.Hash.ToBytes(), WrappedKey);

    /// <summary>Saves server, device and token.</summary>
    public void SaveLink(VaultConnection connection, VaultKeys keys) => Change(connection, keys,
        "UPDATE account SET server = $1, device_id = $2, device_token = $3, login_kdf = $4, certificate = $5, next_token = $6",
        Server, DeviceId, DeviceToken, LoginKdf, Certificate, NextToken);

    /// <summary>Saves the keys of the same epoch, and the last sync's verdict on them.</summary>
    public void SaveKeys(VaultConnection connection, VaultKeys keys) => Change(connection, keys,
        "UPDATE account SET pack_version = $1, key_envelope = $2, key_generation = $3, key_record = $4, next_key_record = " +
        "$5, next_token = $6, online_error = $7",
        PackVersion, KeyEnvelope, KeyGeneration, KeyRecord?.ToBytes(), NextKeyRecord?.ToBytes(), NextToken, OnlineError);

    /// <summary>Changes some columns. Within a transaction.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultDamaged"/>: the row was altered; to authenticate it anew would make it look sound.
    /// </exception>
    public static void Change(VaultConnection connection, VaultKeys keys, string sql, params object?[] values)
    {
        RequireEpoch(connection, keys);
        if (!IsAuthentic(connection, keys))
            throw VaultErrors.Altered(connection.Path);
        connection.Execute(sql, values);
        Authenticate(connection, keys);
    }

    private byte[]? StoredEarlierKeys => EarlierKeys.Count == 0 ? null : [.. EarlierKeys.SelectMany(key => key)];

    internal static void Authenticate(VaultConnection connection, VaultKeys keys) => connection.Execute("UPDATE account SET mac = $1", Mac(connection, keys));

    // Over every column that has a value, so that a column of a later schema, empty at first, changes nothing. What is only told is left out.
    private static byte[] Mac(VaultConnection connection, VaultKeys keys) => connection.First("SELECT * FROM account", row =>
    {
        using var message = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        for (int i = 0; i < row.FieldCount; i++)
        {
            if (row.GetName(i) is var name && (name is "mac" or "online_error" || row.IsDBNull(i)))
                continue;
            Put(message, Encoding.UTF8.GetBytes(name));
            switch (row.GetValue(i))
            {
                case long value:
                    message.WriteByte(1);
                    BinaryPrimitives.WriteInt64BigEndian(number, value);
                    message.Write(number);
                    break;
                case string text:
                    message.WriteByte(2);
                    Put(message, Encoding.UTF8.GetBytes(text));
                    break;
                case byte[] blob:
                    message.WriteByte(3);
                    Put(message, blob);
                    break;
            }
        }
        return keys.AccountRowMac(message.GetBuffer().AsSpan(0, (int)message.Length));

        static void Put(MemoryStream message, byte[] bytes)
        {
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            message.Write(length);
            message.Write(bytes);
        }
    }) ?? throw VaultErrors.Damaged(connection.Path, "its account is missing");
}
