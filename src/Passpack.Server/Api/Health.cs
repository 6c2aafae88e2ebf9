using Passpack.Protocol;
using Passpack.Server.Storage;

namespace Passpack.Server.Api;

/// <summary>Reports whether this node can reach its store.</summary>
internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes) => routes.MapGet(Routes.Health, Check)
        .Describe("Health", "Health", "200 while the server can reach its store.")
        .Produces<string>(StatusCodes.Status200OK, "text/plain");

    private static async Task<IResult> Check(IServerStore store, CancellationToken cancel)
    {
        try
        {
            await store.CheckAsync(cancel);
            return Results.Text("Passpack server: healthy");
        }
        catch (StoreException)
        {
            return Problems.Unavailable();
        }
    }
}
