namespace Passpack.Server.Storage.Sqlite;

/// <summary>The step of <see cref="Schema"/> for people: second factors.</summary>
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
        """;
}
