using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Sync;
using Passpack.Server.Watching;

namespace Passpack.Server.Administration;

/// <summary>What administrators see of the server: how it is, its log, its accounts. Each request is signed, and taken once.</summary>
internal static class AdministrationEndpoints
{
    public static void MapAdministration(this WebApplication app)
    {
        // It is made when the program starts.
        DateTimeOffset started = app.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        app.MapPost(Routes.ServerStatus,
                (JsonBody<ReadStatusRequest> body, CurrentDevice device, ServerOptions options, IServerStore store, TimeProvider time, ClientAddress client,
                    CancellationToken cancel) => StatusAsync(started, body.Value, device, options, store, time, client, cancel))
            .Describe("Server", "ReadStatus", "How the server is: version, accounts, bytes, limits. For administrators, needs a signature.")
            .Answers<ServerStatus>()
            .IsAdministrators();

        app.MapPost(Routes.ServerEvents, Events)
            .Describe("Server", "ReadServerEvents", "The server's own log, after the event with a number, page by page. For administrators, needs a signature.")
            .Answers<EventPage>()
            .IsAdministrators();

        app.MapPost(Routes.ServerAccounts, Accounts)
            .Describe("Server", "ListAccounts", "The accounts after a number, page by page; nothing of what they hold. For administrators, needs a signature.")
            .Answers<ServerAccountPage>()
            .IsAdministrators();

        app.MapAccountActs();
        app.MapInvitations();
    }

    /// <summary>What all routes of administrators have in common.</summary>
    public static RouteHandlerBuilder IsAdministrators(this RouteHandlerBuilder route) =>
        route.Refuses(StatusCodes.Status409Conflict).NeedsDeviceToken().WithMetadata(Transfer.Answer);

    private static async Task<IResult> StatusAsync(
        DateTimeOffset started, ReadStatusRequest request, CurrentDevice device, ServerOptions options, IServerStore store, TimeProvider time,
        ClientAddress client, CancellationToken cancel)
    {
        if (await SignedByAdministrator.TakeAsync(request, device, store, time, client, cancel) is { } refused)
            return refused;
        StoreTotals totals = await store.GetTotalsAsync(cancel);
        return Results.Ok(new ServerStatus(
            ServerMetrics.Version.Split('+')[0], totals.Schema, options.Registration.ToString().ToLowerInvariant(), started, time.GetUtcNow(), totals.Accounts, totals.Disabled,
            totals.Administrators, totals.Bytes, new ServerLimits(
                options.QuotaBytes, options.TotalQuotaBytes, options.DiskReserveBytes, options.Connections, options.ConnectionsPerAddress,
                options.RequestsPerMinute, options.SignInsPerMinute, options.RegistrationsPerHour, options.Retention.Versions, options.Retention.Days,
                options.Retention.RecycleDays)));
    }

    private static async Task<IResult> Events(
        JsonBody<ReadServerEventsRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        if (body.Value.After < 0)
            return Problems.Invalid("after is not negative.");
        return await SignedByAdministrator.TakeAsync(body.Value, device, store, time, client, cancel)
            ?? Results.Ok(await store.ReadEventsAsync(0, body.Value.After, time.GetUtcNow(), cancel));
    }

    private static async Task<IResult> Accounts(
        JsonBody<ListAccountsRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        ListAccountsRequest request = body.Value;
        string? userId = null;
        if (request.After < 0)
            return Problems.Invalid("after is not negative.");
        if (request.UserId is not null && RequestRules.UserId(request.UserId, out userId) is { } fault)
            return Problems.Invalid(fault);
        if (await SignedByAdministrator.TakeAsync(request, device, store, time, client, cancel) is { } refused)
            return refused;
        // One more, to know whether there are more.
        IReadOnlyList<ServerAccountSummary> found = await store.ListAccountsAsync(
            request.After, userId, Limits.AccountsPerPage + 1, time.GetUtcNow(), cancel);
        return Results.Ok(new ServerAccountPage([.. found.Take(Limits.AccountsPerPage)], found.Count > Limits.AccountsPerPage));
    }
}
