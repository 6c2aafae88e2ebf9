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

/// <summary>
/// Bounds the bytes of pushes, and of answers with records, that are in memory at once: each takes about its size. One that finds no room
/// waits, with its body unread; where too many of its account wait, it is told to come again. Slow ones are ended where others wait
/// (<see cref="TransferRoom"/>).
/// </summary>
internal static class TransferGates
{
    /// <summary>The most of pushes at once.</summary>
    public const int PushesMiB = 48;

    private const int MiB = 1 << 20;

    public static void UseTransferGates(this WebApplication app)
    {
        // So much of pushes, what of them the connections have buffered, and the answers, stay well below a heap of 384 MiB.
        UseGate(app, Transfer.Push, most: PushesMiB, ofAccount: 12, PushMiB);
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
        var room = new TransferRoom(
            most, ofAccount, app.Services.GetRequiredService<TransferTime>(), app.Services.GetRequiredService<TimeProvider>());
        app.Use(async (context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.OfType<Transfer>().Contains(transfer) is not true)
            {
                await next(context);
                return;
            }

            using TransferRoom.Visit? visit = await room.EnterAsync(
                context.Features.Get<CurrentDevice>()!.Account, size(context.Request), context.Abort, context.RequestAborted);
            if (visit is null)
            {
                await Problems.StoreBusy().ExecuteAsync(context);
                return;
            }

            if (transfer == Transfer.Push)
                context.Features.Set(new BodyArrival(() => visit.HasArrived = true));
            await next(context);
        });
    }
}
