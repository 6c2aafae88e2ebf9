using System.Globalization;
using Passpack.Protocol;
using Passpack.Server.Storage.Migration;
using Passpack.Server.Storage.Postgres;

namespace Passpack.Server.Verbs;

/// <summary>Moves everything from a file of SQLite into PostgreSQL, or back.</summary>
internal static class MigrateStoreVerb
{
    private const string From = "from", To = "to";

    private const string Usage = """
        passpack-server migrate-store --from STORE --to STORE

        Copies everything of a stopped server into an empty database of the other kind, reads both again row by row, and keeps the copy only if they
        are the same. What it copies from stays as it is. A STORE is the data folder of a server with SQLite, or the connection string of a database
        of PostgreSQL, as of serve's --database (so without a password). Stop every server of both first.

          --from STORE  what is copied
          --to STORE    where to; a folder is made
        """;

    public static Verb Verb { get; } = new("migrate-store", "moves a stopped server's data from SQLite into PostgreSQL, or back", Usage, RunAsync, "Nothing was moved");

    private static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancel)
    {
        VerbArguments arguments = VerbArguments.Parse(args, valued: [From, To]);
        if (arguments.Names.Count + arguments.Server.Length > 0 || arguments.Own.GetValueOrDefault(From) is not { } from || arguments.Own.GetValueOrDefault(To) is not { } to)
            throw new ServerStartException("migrate-store takes --from STORE and --to STORE, and nothing else.");
        bool toPostgres = IsPostgres(to);
        if (toPostgres == IsPostgres(from))
            throw new ServerStartException("--from and --to are of different kinds: one a data folder, the other a connection string with Host=.");
        string database = toPostgres ? to : from, folder = toPostgres ? from : to;
        if (PostgresAddress.HasPassword(database))
            throw new ServerStartException("the connection string holds a password, and everybody on this machine reads the arguments of a process. Put it into PGPASSFILE's file.");
        IReadOnlyList<(string Table, long Rows)> counts = await StoreMigration.RunAsync(
            Path.Combine(Path.GetFullPath(folder), PasspackServer.DatabaseName), PostgresAddress.Parse(database), toPostgres, cancel);
        foreach ((string table, long rows) in counts)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{table}: {rows}"));
        output.WriteLine(PrintableText.Of("Every row was read again and is the same. Start the server with " + (toPostgres ? "--database." : $"--data {folder}.")));
        return 0;
    }

    private static bool IsPostgres(string store) => store.Contains("Host=", StringComparison.OrdinalIgnoreCase);
}
