using System.Globalization;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Verbs;

/// <summary>Copies the database of a server, running or not, into one file.</summary>
internal static class BackupVerb
{
    private const string Force = "force";
    private const int NotNoted = 2;

    private const string Usage = """
        passpack-server backup FILE [--force] [OPTIONS of the server]

        Copies the database into FILE as it is at one moment, while the server goes on. The copy is checked before it takes its name: FILE is
        whole, or not there. Only its owner can read it. Run this as the user that the server runs as. Then the server's log of events
        tells of it. Exit code: 0; 1 if there is no copy; 2 if there is one, but the log could not be told.

        A database of PostgreSQL is copied by its own program: it says how.

          --force        replaces FILE if it exists
          --data FOLDER  the server's data folder, if it was started with one
        """;

    public static Verb Verb { get; } = new("backup", "copies the database into a file, also of a running server", Usage, RunAsync, "There is no backup");

    private static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancel)
    {
        VerbArguments arguments = VerbArguments.Parse(args, flags: [Force]);
        if (arguments.Names is not [var file])
            throw new ServerStartException("name one file for the copy: passpack-server backup FILE.");
        ServerOptions options = PasspackServer.ReadOptions(arguments.Server).Options;
        string target = Path.GetFullPath(file);
        BackupCopy copy = await Stores.BackUpAsync(options, target, arguments.Own.ContainsKey(Force), cancel);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{PrintableText.Of(target)}: {copy.Accounts} accounts, {copy.Bytes} bytes, schema {copy.Schema}; checked."));
        return await NoteAsync(options, output);
    }

    /// <summary>The copy is there: whatever keeps the log from telling of it takes nothing away from that.</summary>
    private static async Task<int> NoteAsync(ServerOptions options, TextWriter output)
    {
        try
        {
            if (await Stores.NoteBackupAsync(options, TimeProvider.System.GetUtcNow()) is { } schema)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"The log of events does not tell of it: only a server of schema {schema} writes there, and a backup migrates nothing."));
            }
            return 0;
        }
        catch (StoreException e)
        {
            output.WriteLine($"WARN: the copy is whole, but the log of events does not tell of it: {e.Message}");
            return NotNoted;
        }
    }
}
