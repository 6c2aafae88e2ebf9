namespace Passpack.Server.Storage.Sqlite;

/// <summary>
/// The database's schema as a list of migrations: step n leads from user_version n-1 to n. A released step is never edited. Times are milliseconds of
/// Unix time; ids are the 16 bytes of a GUID in the order that its text has.
/// </summary>
internal static class Schema
{
    /// <summary>"PPsv", SQLite's application_id: distinguishes this file from those of other programs.</summary>
    public const int ApplicationId = 0x50507376;

    public static readonly string[] Steps = [First, Second, Third, SchemaEvents.Step, SchemaPeople.Step, SchemaPeople.Administration,
        SchemaPeople.KeyFiles, SchemaSharing.Step];

    private const string First = """
        CREATE TABLE server (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            secret BLOB NOT NULL
        );
        INSERT INTO server (id, secret) VALUES (1, randomblob(32));

        CREATE TABLE account (
            id INTEGER PRIMARY KEY,
            user_id TEXT UNIQUE, -- null: the account was removed, and is being erased
            login_salt BLOB NOT NULL,
            login_kdf TEXT NOT NULL,
            proof_salt BLOB NOT NULL,
            proof_hash BLOB NOT NULL,
            key_generation INTEGER NOT NULL,
            pack_version INTEGER NOT NULL,
            vault_id BLOB NOT NULL,
            epoch INTEGER NOT NULL,
            key_record BLOB NOT NULL, -- its bytes; generation, version, vault and epoch stand in them, too
            key_mac BLOB NOT NULL,
            key_signature BLOB NOT NULL,
            -- How the epoch came about; null: the keys were never replaced.
            succession_record BLOB,
            succession_generation INTEGER,
            succession_hash BLOB,
            succession_manifest BLOB,
            succession_signature BLOB,
            -- A removal without keys that is pending; null: none is.
            removal_id BLOB,
            removal_due INTEGER,
            created INTEGER NOT NULL
        );
        CREATE INDEX account_by_removal ON account (removal_due) WHERE removal_due IS NOT NULL;

        -- A client makes the id of its vault, so it is unique within the account only: nobody can occupy another's.
        CREATE TABLE vault (
            id INTEGER PRIMARY KEY,
            account INTEGER NOT NULL REFERENCES account (id),
            vault_id BLOB NOT NULL,
            revision INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            pushed INTEGER, -- when the newest push came; null: none did
            UNIQUE (account, vault_id)
        );

        CREATE TABLE device (
            account INTEGER NOT NULL REFERENCES account (id),
            device_id BLOB NOT NULL,
            name TEXT NOT NULL,
            token_hash BLOB NOT NULL UNIQUE,
            epoch INTEGER NOT NULL, -- under which it was woken; before the account's: it sleeps
            created INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            PRIMARY KEY (account, device_id)
        ) WITHOUT ROWID;

        -- Tokens of logins that were never woken. Waking moves them to device: the Password alone takes no device's place.
        CREATE TABLE sign_in (
            token_hash BLOB PRIMARY KEY,
            account INTEGER NOT NULL REFERENCES account (id),
            device_id BLOB NOT NULL,
            name TEXT NOT NULL,
            created INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX sign_in_of_account ON sign_in (account, created);
        CREATE INDEX sign_in_by_age ON sign_in (created);

        -- The newest state of every record; revision and ordinal are the place of the push that brought it.
        CREATE TABLE record (
            vault INTEGER NOT NULL REFERENCES vault (id),
            stream INTEGER NOT NULL,
            record_id BLOB NOT NULL,
            version INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            digest BLOB NOT NULL,
            revision INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            stored INTEGER NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (vault, stream, record_id)
        );
        CREATE UNIQUE INDEX record_in_order ON record (vault, revision, ordinal);

        -- What record held before: the server's recycle bin.
        CREATE TABLE earlier_version (
            vault INTEGER NOT NULL REFERENCES vault (id),
            stream INTEGER NOT NULL,
            record_id BLOB NOT NULL,
            version INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            digest BLOB NOT NULL,
            stored INTEGER NOT NULL,
            replaced INTEGER NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (vault, stream, record_id, version)
        );
        CREATE INDEX earlier_version_by_age ON earlier_version (replaced);

        CREATE TABLE manifest (
            vault INTEGER NOT NULL REFERENCES vault (id),
            generation INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (vault, generation)
        );

        CREATE TABLE push (
            vault INTEGER NOT NULL REFERENCES vault (id),
            push_id BLOB NOT NULL,
            digest BLOB NOT NULL,
            revision INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            accepted INTEGER NOT NULL,
            PRIMARY KEY (vault, push_id)
        ) WITHOUT ROWID;
        CREATE INDEX push_by_age ON push (accepted);

        -- Failed logins, by a keyed hash of the account or address.
        CREATE TABLE failed_login (
            subject BLOB PRIMARY KEY,
            failures INTEGER NOT NULL,
            last INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX failed_login_by_age ON failed_login (last);
        """;

    private const string Second = """
        DROP TABLE failed_login;

        -- What is counted, by a keyed hash of whose; it leaks, and is empty at this time.
        CREATE TABLE bucket (
            subject BLOB PRIMARY KEY,
            empty INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX bucket_by_age ON bucket (empty);

        -- Where the Password of an account was proved, by a keyed hash of User ID and network.
        CREATE TABLE known_place (
            account INTEGER NOT NULL REFERENCES account (id),
            place BLOB NOT NULL,
            used INTEGER NOT NULL,
            PRIMARY KEY (account, place)
        ) WITHOUT ROWID;
        """;

    private const string Third = """
        -- Quotas count rows, too: the numbers are those of QuotaCost at this step.
        UPDATE vault SET bytes = bytes + 160 * (
            (SELECT count(*) FROM record WHERE record.vault = vault.id)
            + (SELECT count(*) FROM earlier_version WHERE earlier_version.vault = vault.id)
            + (SELECT count(*) FROM manifest WHERE manifest.vault = vault.id));

        -- All accounts together; kept by triggers, so that no statement can forget it and no push has to add up.
        ALTER TABLE server ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
        UPDATE server SET bytes = 262144 * (SELECT count(*) FROM account) + (SELECT coalesce(sum(bytes), 0) FROM vault);
        CREATE TRIGGER account_added AFTER INSERT ON account BEGIN UPDATE server SET bytes = bytes + 262144; END;
        CREATE TRIGGER account_erased AFTER DELETE ON account BEGIN UPDATE server SET bytes = bytes - 262144; END;
        CREATE TRIGGER vault_added AFTER INSERT ON vault BEGIN UPDATE server SET bytes = bytes + new.bytes; END;
        CREATE TRIGGER vault_counted AFTER UPDATE OF bytes ON vault BEGIN UPDATE server SET bytes = bytes + new.bytes - old.bytes; END;
        CREATE TRIGGER vault_erased AFTER DELETE ON vault BEGIN UPDATE server SET bytes = bytes - old.bytes; END;
        """;
}
