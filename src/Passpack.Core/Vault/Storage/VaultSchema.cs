using System.Collections.Concurrent;
using System.Globalization;
using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Vault.Storage;

/// <summary>
/// The vault file's schema. Every step is a migration; a vault is brought to the newest in one transaction. Ids are 16 bytes, times
/// are milliseconds since 1970, all content is sealed.
/// </summary>
internal static class VaultSchema
{
    /// <summary>"PkPS", SQLite's application_id: tells a vault from any other SQLite file.</summary>
    public const int ApplicationId = 0x506B5053;

    private static readonly string[] s_migrations =
    [
        """
        CREATE TABLE account (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            user_id TEXT NOT NULL,
            vault_id BLOB NOT NULL,
            epoch INTEGER NOT NULL,
            pack_version INTEGER NOT NULL,
            key_envelope TEXT NOT NULL,
            key_generation INTEGER NOT NULL DEFAULT 0,   -- of the online key record that the envelope came from; 0: never online
            server TEXT,
            device_id BLOB,
            device_token BLOB,                           -- sealed
            device_counter INTEGER NOT NULL DEFAULT 0,   -- of the last manifest that this device made
            revision INTEGER NOT NULL DEFAULT 0,         -- the online revision that the mirror is
            generation INTEGER NOT NULL DEFAULT 0,       -- of the manifest that was last verified
            manifest_hash BLOB,
            lock_after_minutes INTEGER NOT NULL DEFAULT 15,
            history_versions INTEGER NOT NULL DEFAULT 20,
            history_days INTEGER NOT NULL DEFAULT 365,
            last_sync INTEGER,
            earlier_keys BLOB,                           -- the Account Keys of the epochs before, each sealed under a key of the next
            key_record BLOB,                             -- the online one of key_generation
            next_key_record BLOB,                        -- of a change of the keys that the server has not confirmed
            next_token BLOB,                             -- sealed; asked for, and not confirmed
            resealing INTEGER NOT NULL DEFAULT 0,        -- whether online records may still be sealed under an earlier epoch
            online_error TEXT,                           -- the id of the error by which the online account last refused to sync with these keys
            mac BLOB                                     -- over all of the row but online_error
        ) STRICT;

        -- The online records exactly as last pulled and verified. head and tail: an entry's summary and secret; of every other stream
        -- head is the whole body. They are of content_version: of version, unless the record's own body is still owed.
        CREATE TABLE mirror (
            row INTEGER PRIMARY KEY,
            stream INTEGER NOT NULL,
            id BLOB NOT NULL,
            version INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            owed INTEGER NOT NULL,
            digest BLOB NOT NULL,
            content_version INTEGER,
            name_key BLOB,
            head BLOB,
            tail BLOB,
            UNIQUE (stream, id)
        ) STRICT;
        CREATE INDEX mirror_by_name ON mirror (name_key) WHERE name_key IS NOT NULL;
        CREATE INDEX mirror_owed ON mirror (stream, id) WHERE owed = 1;

        -- Values that were replaced, as they were sealed.
        CREATE TABLE history (
            seq INTEGER PRIMARY KEY,
            stream INTEGER NOT NULL,
            id BLOB NOT NULL,
            version INTEGER NOT NULL,
            replaced_at INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            head BLOB,
            tail BLOB
        ) STRICT;
        CREATE INDEX history_by_id ON history (stream, id, seq);

        -- Local changes over the mirror: a row only where this machine's entry differs from it. Without head: trashed, content as in the
        -- mirror. base: the online version that an edit was made on. pending: the next sync has something to do here.
        CREATE TABLE local_data (
            row INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            pending INTEGER NOT NULL,
            trashed INTEGER,
            purged INTEGER NOT NULL DEFAULT 0,
            base INTEGER REFERENCES history (seq),
            loser INTEGER REFERENCES history (seq),      -- a version that lost a conflict, to go up right before this one
            digest BLOB,
            name_key BLOB,
            head BLOB,
            tail BLOB
        ) STRICT;
        CREATE INDEX local_data_by_name ON local_data (name_key) WHERE name_key IS NOT NULL;
        CREATE INDEX local_data_pending ON local_data (id) WHERE pending = 1;
        CREATE INDEX local_data_trashed ON local_data (trashed) WHERE trashed IS NOT NULL;
        CREATE INDEX local_data_base ON local_data (base) WHERE base IS NOT NULL;
        CREATE INDEX local_data_loser ON local_data (loser) WHERE loser IS NOT NULL;

        -- This machine's own tags and favorite flags, where they differ from the mirror's. No body: none. held: online has a record that
        -- the next sync without the switch applies.
        CREATE TABLE local_tags (id BLOB PRIMARY KEY, version INTEGER NOT NULL, held INTEGER NOT NULL, body BLOB) STRICT;
        CREATE INDEX local_tags_held ON local_tags (id) WHERE held = 1;
        CREATE TABLE local_favorites (id BLOB PRIMARY KEY, version INTEGER NOT NULL, held INTEGER NOT NULL, body BLOB) STRICT;
        CREATE INDEX local_favorites_held ON local_favorites (id) WHERE held = 1;

        -- The sums of the manifest that was last verified: they are the sums over the mirror. sum: the state of a SetHash.
        CREATE TABLE manifest_sum (stream INTEGER PRIMARY KEY, count INTEGER NOT NULL, sum BLOB NOT NULL) STRICT;
        CREATE TABLE device_counter (device BLOB PRIMARY KEY, counter INTEGER NOT NULL) STRICT;

        -- One push at the most, its exact bytes, until it is acknowledged.
        CREATE TABLE outbox (push_id BLOB PRIMARY KEY, request BLOB NOT NULL) STRICT;

        -- What the last syncs did: names are in it, so it is sealed. error: the id, where one ended with an error.
        CREATE TABLE sync_record (seq INTEGER PRIMARY KEY, started INTEGER NOT NULL, error TEXT, body BLOB NOT NULL) STRICT;

        -- Pages of a pull that is not yet verified; where the next page starts.
        CREATE TABLE staged (
            stream INTEGER NOT NULL,
            id BLOB NOT NULL,
            version INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            digest BLOB NOT NULL,
            body BLOB,
            UNIQUE (stream, id)
        ) STRICT;
        CREATE TABLE staging (one INTEGER PRIMARY KEY CHECK (one = 1), after INTEGER NOT NULL, page TEXT NOT NULL) STRICT;
        """,
        """
        ALTER TABLE account ADD COLUMN login_kdf TEXT;           -- of the proof of the Password, as last seen
        ALTER TABLE account ADD COLUMN left_generation INTEGER;  -- the head that was left for a restored server's; until a manifest names it
        ALTER TABLE account ADD COLUMN left_hash BLOB;

        -- Records of other streams than entry data that go up again, or over damaged ones, as they are here.
        CREATE TABLE resend (
            stream INTEGER NOT NULL,
            id BLOB NOT NULL,
            version INTEGER NOT NULL,
            digest BLOB NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (stream, id)
        ) STRICT;
        """,
        """
        -- The latest date of all that was dated before the row: it is no older than that, whatever its own clock said.
        ALTER TABLE history ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;

        ALTER TABLE account ADD COLUMN certificate BLOB;         -- SHA-256 of the one that the server has to show
        """,
        """
        ALTER TABLE account ADD COLUMN log_number INTEGER;       -- the head of the online log of events, as last verified
        ALTER TABLE account ADD COLUMN log_hash BLOB;
        """,
        """
        -- Of a shared vault alone: its log, as it was verified. The row of table account vouches for the last of it.
        CREATE TABLE statement (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        ALTER TABLE account ADD COLUMN statement_number INTEGER; -- of the last statement
        ALTER TABLE account ADD COLUMN statement_hash BLOB;
        ALTER TABLE account ADD COLUMN wrapped_key BLOB;         -- the key of the present epoch, wrapped for the account
        """,
    ];

    public static int Newest => s_migrations.Length;

    // More than a vault has, so that additional objects are noticed.
    private const int MostObjects = 100;

    private static readonly ConcurrentDictionary<int, IReadOnlyList<string>> s_expected = new();

    /// <summary>Brings a vault to the newest schema.</summary>
    /// <param name="connection">Without a transaction.</param>
    /// <param name="create">Whether the file is empty and is to become a vault.</param>
    /// <param name="to">An earlier schema, for fixtures. Null if the newest is meant.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackTooNew"/>: a later module wrote the file. <see cref="ErrorCodes.VaultDamaged"/>: the file is not a vault.
    /// </exception>
    public static void Migrate(VaultConnection connection, bool create = false, int? to = null)
    {
        if (Check(connection, create) == Newest)
            return;
        connection.BeginImmediate();
        // Checked again inside the transaction, where no other process can migrate.
        for (int version = Check(connection, create), end = to ?? Newest; version < end; version++)
        {
            connection.Execute(s_migrations[version]);
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version + 1}"));
            Failpoints.Hit("migrated");
        }
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
        connection.Commit();
    }

    /// <summary>Checks that the schema is exactly what this module makes, and returns its version.</summary>
    public static int Check(VaultConnection connection, bool create = false)
    {
        if (connection.HasTransaction)
            return CheckOneState(connection, create);
        // The version and the tables of one state: between two reads another process may migrate the vault.
        connection.BeginRead();
        try
        {
            return CheckOneState(connection, create);
        }
        finally
        {
            connection.RollBack();
        }
    }

    private static int CheckOneState(VaultConnection connection, bool create)
    {
        var version = (int)connection.Scalar<long>("PRAGMA user_version");
        if (!create && (version <= 0 || connection.Scalar<long>("PRAGMA application_id") != ApplicationId))
            throw VaultErrors.Damaged(connection.Path, "it is no Passpack vault");
        if (version > Newest)
        {
            throw new PasspackException(ErrorCodes.PackTooNew,
                $"The vault {connection.Path} was written by a newer version of this module (schema {version}; this one knows {Newest}). Update the module.")
            { Target = connection.Path };
        }
        if (!create && !DescribeObjects(connection).SequenceEqual(s_expected.GetOrAdd(version, Expect)))
            throw VaultErrors.Damaged(connection.Path, "its tables are not those of a vault: somebody altered the file");
        return version;
    }

    // Checked before any table is read: instead of it there might be a view without end, or a trigger with side effects.
    private static IEnumerable<string> DescribeObjects(VaultConnection connection) => connection.Query(
        "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || sql FROM main.sqlite_schema WHERE sql IS NOT NULL " +
        "AND name NOT IN ('sqlite_stat1', 'sqlite_stat4') ORDER BY type, name LIMIT $1",
        row => row.GetString(0), MostObjects);

    private static IReadOnlyList<string> Expect(int version)
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        foreach (string migration in s_migrations.Take(version))
            connection.Execute(migration);
        return [.. DescribeObjects(connection)];
    }
}
