using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage.Postgres;
using Passpack.Server.Storage.Sqlite;

namespace Passpack.Server.Storage;

/// <summary>Which store the options name, and what each verb does with it.</summary>
internal static class Stores
{
    /// <summary>The store to serve from. Not opened yet.</summary>
    /// <param name="options">Name it.</param>
    /// <param name="told">Takes the events of each change that was committed.</param>
    public static IServerStore Open(ServerOptions options, Action<IReadOnlyList<StoredEvent>> told) =>
        options.Database is { } database ? new PostgresStore(database, told) : new SqliteStore(PathOf(options), told);

    /// <summary>The time that is decided by: of a database that several nodes share, the database's.</summary>
    /// <param name="options">Name the database.</param>
    /// <param name="local">This machine's time.</param>
    public static TimeProvider Clock(ServerOptions options, TimeProvider local) =>
        options.Database is { } database ? new DatabaseClock(local, database) : local;

    /// <summary>The database as healthcheck looks at it.</summary>
    public static IStoreInspection Inspect(ServerOptions options) =>
        options.Database is { } database ? new PostgresInspection(database) : new SqliteInspection(PathOf(options));

    /// <summary>Copies the database into a file, as it is at one moment.</summary>
    /// <param name="options">Name the database.</param>
    /// <param name="target">The file, by its full path.</param>
    /// <param name="replace">Whether it may exist.</param>
    /// <param name="cancel">Gives up, and leaves no file.</param>
    /// <exception cref="StoreException">The database cannot be read, its copy is not sound, or it is one that is copied by its own program.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static Task<BackupCopy> BackUpAsync(ServerOptions options, string target, bool replace, CancellationToken cancel) =>
        options.Database is { } database ? throw database.CopiesItself(target) : new SqliteBackup(PathOf(options)).CopyAsync(target, replace, cancel);

    /// <summary>Appends to the server's log that its database was backed up, beside a server that may be running.</summary>
    /// <param name="options">Name the database.</param>
    /// <param name="now">When.</param>
    /// <returns>Null. If the database is of another schema than this program writes, which: then nothing was appended, and nothing migrated.</returns>
    /// <exception cref="StoreException">It cannot be appended.</exception>
    public static async Task<int?> NoteBackupAsync(ServerOptions options, DateTimeOffset now)
    {
        StoreFindings found = await Inspect(options).InspectAsync(CancellationToken.None);
        if (found.Schema != found.KnownSchema)
            return found.Schema;
        // Nobody listens: the lines of --event-log are the server's own, and two processes would write into each other's.
        using var store = new SqliteStore(PathOf(options));
        await store.NoteServerEventAsync(EventType.ServerBackedUp, Act.OfServer(now), CancellationToken.None);
        return null;
    }

    /// <summary>Does something with the database itself, beside a server that may be running. It is neither made nor migrated for that.</summary>
    /// <param name="options">Name the database.</param>
    /// <param name="work">Does it.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="StoreException">There is no database, or it is of another schema than this program writes.</exception>
    public static async Task WithStoreAsync(ServerOptions options, Func<IServerStore, Task> work, CancellationToken cancel)
    {
        StoreFindings found = await Inspect(options).InspectAsync(cancel);
        if (found.Schema != found.KnownSchema)
        {
            throw new StoreException(StoreFailure.Unusable,
                $"the database is of schema {found.Schema}, and this program writes {found.KnownSchema}: run the program that the server runs, or start the server with this one first.");
        }

        // Nobody listens, as above.
        IServerStore store = Open(options, _ => { });
        using (store as IDisposable)
            await work(store);
    }

    private static string PathOf(ServerOptions options) => Path.Combine(options.DataFolder, PasspackServer.DatabaseName);
}
