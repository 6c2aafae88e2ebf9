using System.Threading.RateLimiting;
using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;

namespace Passpack.Server.Sync;

/// <summary>Marks endpoints with large transfers.</summary>
internal enum Transfer
{
    /// <summary>The request body is large.</summary>
    Push,

    /// <summary>The answer is large.</summary>
    Answer,
}

/// <summary>How long a large body or answer may take once it has begun: as long as a client waits for a request.</summary>
internal sealed record TransferTime(TimeSpan Longest);

/// <summary>
/// Limits the bytes of pushes and of answers with records that are in memory at once; each takes a few times its size. A request that does not fit
/// waits with its body unread; if too many wait, it is told to retry later. A transfer occupies its share for a limited time, so that slow ones
/// cannot block others for good.
/// </summary>
internal static class TransferGates
{
    private const int MiB = 1 << 20;

    public static void UseTransferGates(this WebApplication app)
    {
        // Four times 48 MiB of pushes, and the answers, stay well below a heap of 384 MiB.
        UseGate(app, Transfer.Push, most: 48, ofAccount: 12, PushMiB);
        // A page has up to 4 MiB of records and 4 MiB of manifests; with its output buffer, 12 MiB.
        UseGate(app, Transfer.Answer, most: 96, ofAccount: 24, _ => 12);
    }

    private static int PushMiB(HttpRequest request)
    {
        long bytes = Math.Clamp(request.ContentLength ?? Limits.MessageBytes, 1, Limits.MessageBytes);
        return (int)((bytes + MiB - 1) / MiB);
    }

    private static void UseGate(WebApplication app, Transfer transfer, int most, int ofAccount, Func<HttpRequest, int> size)
    {
        PartitionedRateLimiter<HttpContext> gate = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<HttpContext, long>(context => RateLimitPartition.GetConcurrencyLimiter(
                context.Features.Get<CurrentDevice>()!.Account, _ => Limit(ofAccount, waiting: 10 * most))),
            PartitionedRateLimiter.Create<HttpContext, int>(_ => RateLimitPartition.GetConcurrencyLimiter(0, _ => Limit(most, waiting: 10 * most))));
        TimeSpan longest = app.Services.GetRequiredService<TransferTime>().Longest;
        app.Use(async (context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.OfType<Transfer>().Contains(transfer) is not true)
            {
                await next(context);
                return;
            }

            using RateLimitLease lease = await gate.AcquireAsync(context, size(context.Request), context.RequestAborted);
            if (!lease.IsAcquired)
            {
                await Problems.StoreBusy().ExecuteAsync(context);
                return;
            }

            using var late = new CancellationTokenSource(longest);
            using CancellationTokenRegistration end = late.Token.Register(context.Abort);
            await next(context);
        });
        app.Lifetime.ApplicationStopped.Register(gate.Dispose);
    }

    private static ConcurrencyLimiterOptions Limit(int permits, int waiting) =>
        new() { PermitLimit = permits, QueueLimit = waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };
}
