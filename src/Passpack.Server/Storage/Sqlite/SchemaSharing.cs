namespace Passpack.Server.Storage.Sqlite;

/// <summary>The step of <see cref="Schema"/> for shared vaults. Of each there is a row in vault, too, with the account of its founder.</summary>
internal static class SchemaSharing
{
    public const string Step = """
        CREATE TABLE shared_vault (
            vault INTEGER PRIMARY KEY REFERENCES vault (id),
            vault_id BLOB NOT NULL UNIQUE, -- out of its first statement: nobody can occupy another's
            statements INTEGER NOT NULL, -- how many there are
            last BLOB NOT NULL -- the hash of the last
        );

        CREATE TABLE vault_statement (
            vault INTEGER NOT NULL REFERENCES vault (id),
            number INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (vault, number)
        );

        -- What the log says, so that it is found by member. A member is an identity, whoever has the account.
        CREATE TABLE vault_member (
            vault INTEGER NOT NULL REFERENCES vault (id),
            fingerprint BLOB NOT NULL,
            role INTEGER NOT NULL,
            wrapped_key BLOB, -- of the newest epoch
            until INTEGER, -- of who is none any more: the number of the statement that removed it, and its hash
            until_hash BLOB,
            PRIMARY KEY (vault, fingerprint)
        );
        CREATE INDEX vault_member_by_fingerprint ON vault_member (fingerprint);

        -- The id is out of the invitation's secret; which vault it is for, only its inviter knows.
        CREATE TABLE vault_invitation (
            account INTEGER NOT NULL REFERENCES account (id),
            id BLOB NOT NULL UNIQUE,
            user_id TEXT NOT NULL, -- who is invited, as the inviter wrote it
            expires INTEGER NOT NULL,
            registration BLOB, -- the hash of a text that lets that User ID register; null: none does
            answer BLOB,
            PRIMARY KEY (account, id)
        );
        CREATE INDEX vault_invitation_by_registration ON vault_invitation (registration) WHERE registration IS NOT NULL;
        """;
}
