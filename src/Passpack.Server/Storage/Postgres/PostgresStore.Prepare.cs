using System.Security.Cryptography;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Creating and migrating.</summary>
internal sealed partial class PostgresStore
{
    // Advisory locks of this program: nodes that start, nodes that sweep, registrations, the server's log, the sum of all accounts near its limit.
    private const long SchemaLock = 0x5050_7376_0000_0001, UpkeepLock = 0x5050_7376_0000_0002, RegistrationLock = 0x5050_7376_0000_0003, ServerLogLock = 0x5050_7376_0000_0004,
        TotalLock = 0x5050_7376_0000_0005;

    /// <summary>Waits for a lock of this program, which is held until the commit.</summary>
    private static void Lock(PostgresWork work, long name) => work.All("SELECT pg_advisory_xact_lock(@lock)", _ => 0, ("lock", name));

    public Task PrepareAsync(CancellationToken cancel) => WriteAsync(
        async work =>
        {
            Lock(work, SchemaLock);
            (string encoding, bool any, bool ours) = await work.FirstNowAsync(
                """
                SELECT pg_encoding_to_char(encoding), to_regclass('passpack_schema') IS NOT NULL, EXISTS (
                    SELECT 1 FROM pg_class c WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'p')
                        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
                FROM pg_database WHERE datname = current_database()
                """,
                row => (row.GetString(0), row.GetBoolean(2), row.GetBoolean(1)));
            if (encoding != "UTF8")
                throw new StoreException(StoreFailure.Unusable, $"{place} has the encoding {encoding}. Make one of UTF8: createdb --encoding UTF8 --template template0.");
            if (any && !ours)
                throw new StoreException(StoreFailure.Unusable, $"{place} is not a database of this server: there are tables of something else. Give it one of its own.");
            (int version, int oldest) = ours
                ? await work.FirstNowAsync("SELECT version, oldest FROM passpack_schema", row => (row.GetInt32(0), row.GetInt32(1)))
                : default;
            if (oldest > steps.Length)
            {
                throw new StoreException(
                    StoreFailure.Unusable,
                    $"{place} was written by a newer server (schema {version}; this one knows {steps.Length}). Use that server.");
            }

            await MigrateAsync(work, version);
            return (version < steps.Length, true);
        },
        cancel);

    private async Task MigrateAsync(PostgresWork work, int version)
    {
        foreach (PostgresStep step in steps.Skip(version))
            await work.RunScriptAsync(step.Sql);
        if (version == 0)
        {
            work.Run("CREATE TABLE passpack_schema (id integer PRIMARY KEY CHECK (id = 1), version integer NOT NULL, oldest integer NOT NULL)");
            work.Run("INSERT INTO server (id, secret) VALUES (1, @secret)", ("secret", RandomNumberGenerator.GetBytes(32)));
        }

        // Only when needed, so that a start writes nothing.
        if (version < steps.Length)
        {
            work.Run(
                "INSERT INTO passpack_schema (id, version, oldest) VALUES (1, @version, @oldest) ON CONFLICT (id) DO UPDATE SET version = @version, oldest = @oldest",
                ("version", steps.Length), ("oldest", steps.Max(step => step.Oldest)));
        }
    }
}
