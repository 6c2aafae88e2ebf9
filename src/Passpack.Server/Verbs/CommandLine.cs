using System.Runtime.InteropServices;
using Passpack.Protocol;
using Passpack.Server.Storage;

namespace Passpack.Server.Verbs;

/// <summary>Finds the verb of a command line, and tells what keeps it from being done in one line.</summary>
internal static class CommandLine
{
    private const int Failed = 1;

    private static readonly Verb[] s_verbs = [ServeVerb.Verb, BackupVerb.Verb, HealthCheckVerb.Verb, MigrateStoreVerb.Verb, AdminVerb.Verb];

    /// <returns>The program's exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        if (args is ["help"] || IsHelp(args))
        {
            output.WriteLine(Help());
            return 0;
        }
        if (args is ["help", var asked])
            args = [asked, "--help"];

        // Options alone serve, as they did before there were verbs.
        bool named = args.Length > 0 && !args[0].StartsWith('-');
        string name = named ? args[0] : ServeVerb.Verb.Name;
        if (s_verbs.FirstOrDefault(each => each.Name == name) is not { } verb)
        {
            error.WriteLine($"'{PrintableText.Of(name)}' is no verb of passpack-server. There are: {string.Join(", ", s_verbs.Select(each => each.Name))}. --help tells more.");
            return Failed;
        }
        string[] rest = named ? args[1..] : args;
        if (IsHelp(rest))
        {
            output.WriteLine(verb.Usage);
            return 0;
        }
        return await RunAsync(verb, rest, output, error);
    }

    private static async Task<int> RunAsync(Verb verb, string[] args, TextWriter output, TextWriter error)
    {
        // serve has its own way to end, which the host brings along.
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration? interrupt = verb == ServeVerb.Verb ? null : PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration? terminate = verb == ServeVerb.Verb ? null : PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await verb.RunAsync(args, output, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Refuse("it was stopped.");
        }
        catch (Exception e) when (e is ServerStartException or StoreException or IOException or UnauthorizedAccessException)
        {
            return Refuse(e.Message.Split('\n')[0].TrimEnd());
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }

        int Refuse(string reason)
        {
            error.WriteLine($"{verb.Failure}: {reason}");
            return Failed;
        }
    }

    private static bool IsHelp(string[] args) => args is ["--help" or "-h" or "-?"];

    private static string Help() => $"""
        The online account's server of Passpack: keeps encrypted packs, and can read none of them.

        passpack-server [VERB] [OPTIONS]; 'passpack-server VERB --help' tells more of one:
        {string.Join('\n', s_verbs.Select(verb => $"  {verb.Name,-14}{verb.Summary}"))}

        {ServeVerb.Verb.Usage}
        """;
}
