namespace Passpack.Server.Storage.Sqlite;

/// <summary>The steps of <see cref="Schema"/> for people: second factors, administrators and invitations; then what administrators do; then key files.</summary>
internal static class SchemaPeople
{
    public const string Step = """
        -- The second factor in force. The seed is kept in the clear, because codes are made from it.
        CREATE TABLE second_factor (
            account INTEGER PRIMARY KEY REFERENCES account (id),
            seed BLOB NOT NULL,
            recovery BLOB NOT NULL, -- hashes of the recovery codes that are left, one after the other
            last_step INTEGER NOT NULL, -- of the newest code that was taken
            last_code BLOB NOT NULL, -- its hash, or that of a recovery code
            last_device BLOB NOT NULL,
            last_used INTEGER NOT NULL
        );

        -- Set up, and not confirmed.
        CREATE TABLE second_factor_setup (
            account INTEGER PRIMARY KEY REFERENCES account (id),
            seed BLOB NOT NULL,
            recovery BLOB NOT NULL,
            made INTEGER NOT NULL
        );

        ALTER TABLE account ADD COLUMN administrator INTEGER NOT NULL DEFAULT 0;

        -- By the hash of its text. What was used stays until it expires, so that a signed request that is repeated makes no second one.
        CREATE TABLE invitation (
            hash BLOB PRIMARY KEY,
            administrator INTEGER NOT NULL, -- whether the account that registers with it is one
            expires INTEGER NOT NULL,
            used INTEGER
        ) WITHOUT ROWID;
        """;

    public const string Administration = """
        ALTER TABLE account ADD COLUMN administered INTEGER NOT NULL DEFAULT 0; -- how many of its requests as an administrator were taken
        ALTER TABLE account ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE account ADD COLUMN quota INTEGER; -- null: as the server says
        ALTER TABLE account ADD COLUMN needs_second_factor INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE account ADD COLUMN lockout_resets INTEGER NOT NULL DEFAULT 0; -- part of the names of its buckets
        -- The hash of a code that sets another Password; null: none was given, or it was used or voided.
        ALTER TABLE account ADD COLUMN reset_hash BLOB;
        ALTER TABLE account ADD COLUMN reset_until INTEGER;

        ALTER TABLE invitation ADD COLUMN made_by INTEGER; -- an account, which may have been removed since; null: the server
        ALTER TABLE invitation ADD COLUMN quota INTEGER; -- of the account that registers with it; null: as the server says
        """;

    public const string KeyFiles = """
        -- The key file that connected the device, which goes with it; its own id: it is one, and its token does nothing but connect. Null: neither.
        ALTER TABLE device ADD COLUMN key_file BLOB;
        """;
}
