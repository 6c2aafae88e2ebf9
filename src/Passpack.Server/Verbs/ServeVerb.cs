using Passpack.Server.Hosting;

namespace Passpack.Server.Verbs;

/// <summary>Serves until it is told to end.</summary>
internal static class ServeVerb
{
    public static Verb Verb { get; } = new(
        "serve", "runs the server; so do options without a verb", ServerOptions.Usage, RunAsync, "Passpack server cannot start");

    private static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancel)
    {
        await using WebApplication app = PasspackServer.Create(args);
        try
        {
            await app.StartAsync(cancel);
        }
        catch (Exception e) when (CertificateFault.Describe(e, app.Configuration) is { } fault)
        {
            throw new ServerStartException(fault, e);
        }
        catch (InvalidOperationException e)
        {
            // Kestrel: an address that it cannot listen on.
            throw new ServerStartException(e.Message, e);
        }
        await app.WaitForShutdownAsync(cancel);
        return 0;
    }
}
