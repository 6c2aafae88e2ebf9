using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Api;

/// <summary>
/// Two questions of whoever watches over this node: whether it is alive, so that it need not be restarted, and whether it is ready, so that requests
/// may be sent to it. A store that is away is no reason for a restart, which would not bring it back.
/// </summary>
internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Health, () => Results.Text("Passpack server: healthy"))
            .Describe("Health", "Health", "200 while the server is alive, whether its store is or not.")
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .WithMetadata(new Probe());
        routes.MapGet(Routes.Ready, CheckAsync)
            .Describe("Health", "Ready", "200 while the server can reach its store, and takes requests.")
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .WithMetadata(new Probe());
    }

    private static async Task<IResult> CheckAsync(IServerStore store, Drain drain, CancellationToken cancel)
    {
        if (drain.HasBegun)
            return Problems.Stopping();
        try
        {
            await store.CheckAsync(cancel);
            return Results.Text("Passpack server: ready");
        }
        catch (StoreException)
        {
            return Problems.Unavailable();
        }
    }
}
