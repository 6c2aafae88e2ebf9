using Passpack.Server.Api;

namespace Passpack.Server.Hosting;

/// <summary>Marks endpoints that answer to who watches over the server: also while it drains, and they do not keep it from ending.</summary>
internal sealed record Probe;

/// <summary>Counts requests, and refuses them once the server stops.</summary>
internal static class Draining
{
    public static void UseDrain(this WebApplication app)
    {
        Drain drain = app.Services.GetRequiredService<Drain>();
        app.Use(async (context, next) =>
        {
            // Who asked on a connection that stays open would send its next request to a server that is gone.
            context.Response.OnStarting(() =>
            {
                if (drain.HasBegun)
                    context.Response.Headers.Connection = "close";
                return Task.CompletedTask;
            });
            if (context.GetEndpoint()?.Metadata.GetMetadata<Probe>() is not null)
            {
                await next(context);
                return;
            }

            if (!drain.TryEnter())
            {
                await Problems.Stopping().ExecuteAsync(context);
                return;
            }

            try
            {
                await next(context);
            }
            finally
            {
                drain.Leave();
            }
        });
    }
}
