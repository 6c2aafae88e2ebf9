namespace Passpack.Server.Storage.Sqlite;

/// <summary>The log's part of the schema. Account 0 is the server.</summary>
internal static class SchemaEvents
{
    public const string Step = """
        -- Where each log ends, and the last row that retention removed. No row: an empty log.
        CREATE TABLE event_log (
            account INTEGER PRIMARY KEY,
            number INTEGER NOT NULL,
            hash BLOB NOT NULL,
            anchor_number INTEGER NOT NULL,
            anchor_hash BLOB NOT NULL
        );

        CREATE TABLE event (
            account INTEGER NOT NULL,
            number INTEGER NOT NULL,
            time INTEGER NOT NULL,
            type INTEGER NOT NULL,
            actor INTEGER NOT NULL,
            device BLOB,
            since INTEGER, -- of a sum: where its hour or day begins
            count INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            subject INTEGER NOT NULL,
            hash BLOB NOT NULL, -- over the row before and this one, but for the two columns at the end
            address_hash BLOB,
            address_key BLOB, -- erased with the address
            address TEXT,
            PRIMARY KEY (account, number)
        ) WITHOUT ROWID;
        CREATE INDEX event_by_age ON event (time);
        CREATE INDEX event_with_address ON event (time) WHERE address_key IS NOT NULL;

        -- What is being summed. device: empty unless it is summed by device. told: how many had a row of their own.
        CREATE TABLE event_sum (
            account INTEGER NOT NULL,
            type INTEGER NOT NULL,
            device BLOB NOT NULL,
            since INTEGER NOT NULL,
            due INTEGER NOT NULL,
            told INTEGER NOT NULL,
            count INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            last INTEGER NOT NULL,
            address TEXT, -- of the last
            PRIMARY KEY (account, type, device, since)
        ) WITHOUT ROWID;
        CREATE INDEX event_sum_by_due ON event_sum (due);

        -- Attempts at User IDs that do not exist, in the hour that begins at a time.
        CREATE TABLE unknown_refusal (
            hour INTEGER PRIMARY KEY,
            refused INTEGER NOT NULL,
            locked_out INTEGER NOT NULL
        );

        -- The schema that the server's log last spoke of.
        ALTER TABLE server ADD COLUMN logged_schema INTEGER NOT NULL DEFAULT 0;
        """;
}
