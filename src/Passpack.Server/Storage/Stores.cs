using Passpack.Server.Hosting;
using Passpack.Server.Storage.Sqlite;

namespace Passpack.Server.Storage;

/// <summary>Which store the options name, and what each verb does with it.</summary>
internal static class Stores
{
    /// <summary>The store to serve from. Not opened yet.</summary>
    /// <param name="options">Name it.</param>
    /// <param name="told">Takes the events of each change that was committed.</param>
    public static IServerStore Open(ServerOptions options, Action<IReadOnlyList<StoredEvent>> told) => new SqliteStore(PathOf(options), told);

    /// <summary>The database as healthcheck looks at it.</summary>
    public static IStoreInspection Inspect(ServerOptions options) => new SqliteInspection(PathOf(options));

    /// <summary>Copies the database into a file, as it is at one moment.</summary>
    /// <param name="options">Name the database.</param>
    /// <param name="target">The file, by its full path.</param>
    /// <param name="replace">Whether it may exist.</param>
    /// <param name="cancel">Gives up, and leaves no file.</param>
    /// <exception cref="StoreException">The database cannot be read, or its copy is not sound.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static Task<BackupCopy> BackUpAsync(ServerOptions options, string target, bool replace, CancellationToken cancel) =>
        new SqliteBackup(PathOf(options)).CopyAsync(target, replace, cancel);

    private static string PathOf(ServerOptions options) => Path.Combine(options.DataFolder, PasspackServer.DatabaseName);
}
