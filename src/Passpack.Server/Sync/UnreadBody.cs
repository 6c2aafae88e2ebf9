namespace Passpack.Server.Sync;

/// <summary>
/// Reads the rest of a body whose request is answered already: refused for its token, or because the server is busy. Most clients read the answer
/// only after they have sent everything. Kestrel alone reads on for five seconds and then resets the connection, so that a client with a slow line
/// would see a broken connection in place of the answer.
/// </summary>
internal static class UnreadBody
{
    /// <summary>Comes first, around everything that answers. The rest takes no memory and no room: it is read into nothing.</summary>
    public static void UseUnreadBody(this WebApplication app)
    {
        TimeSpan longest = app.Services.GetRequiredService<TransferTime>().Longest;
        TimeProvider time = app.Services.GetRequiredService<TimeProvider>();
        app.Use(async (context, next) =>
        {
            await next(context);
            // Who asks first whether to send a body sends none after a refusal.
            if (!context.RequestAborted.IsCancellationRequested && context.Request.Headers.Expect.Count == 0)
                await ReadAsync(context, longest, time);
        });
    }

    private static async Task ReadAsync(HttpContext context, TimeSpan longest, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(longest, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        try
        {
            await context.Response.CompleteAsync();
            await context.Request.Body.CopyToAsync(Stream.Null, end.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Too large, too slow, or gone. The answer has been sent, and Kestrel ends the connection.
        }
    }
}
