using System.Threading.RateLimiting;
using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;

namespace Passpack.Server.Sync;

/// <summary>Marks the endpoint whose bodies are large.</summary>
internal sealed class PushBody;

/// <summary>
/// Bounds the bytes of pushes that are read and stored at once: a push takes some four times its size of memory. One that finds no room waits, with
/// its body unread; where too many wait, it is told to come again.
/// </summary>
internal static class PushGate
{
    private const int MiB = 1 << 20;

    // Four times as much stays well below a heap of 384 MiB.
    private const int MostMiB = 48;
    private const int MostMiBOfAccount = 24;
    private const int MostMiBWaiting = 480;

    public static void UsePushGate(this WebApplication app)
    {
        PartitionedRateLimiter<HttpContext> gate = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<HttpContext, long>(context => RateLimitPartition.GetConcurrencyLimiter(
                context.Features.Get<CurrentDevice>()!.Account, _ => Limit(MostMiBOfAccount))),
            PartitionedRateLimiter.Create<HttpContext, int>(_ => RateLimitPartition.GetConcurrencyLimiter(0, _ => Limit(MostMiB))));
        app.Use(async (context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<PushBody>() is null)
            {
                await next(context);
                return;
            }

            long bytes = Math.Clamp(context.Request.ContentLength ?? Limits.MessageBytes, 1, Limits.MessageBytes);
            using RateLimitLease lease = await gate.AcquireAsync(context, (int)((bytes + MiB - 1) / MiB), context.RequestAborted);
            if (lease.IsAcquired)
                await next(context);
            else
                await Problems.StoreBusy().ExecuteAsync(context);
        });
        app.Lifetime.ApplicationStopped.Register(gate.Dispose);
    }

    private static ConcurrencyLimiterOptions Limit(int permits) =>
        new() { PermitLimit = permits, QueueLimit = MostMiBWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };
}
