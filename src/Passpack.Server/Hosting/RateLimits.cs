using System.Threading.RateLimiting;
using Passpack.Server.Api;
using Passpack.Server.Login;
using Passpack.Server.Storage;

namespace Passpack.Server.Hosting;

/// <summary>
/// Limits requests by address, to keep the server responsive, over all nodes (<see cref="LeasedLimiter"/>). Failed logins are counted apart
/// (<see cref="LockoutPolicy"/>).
/// </summary>
internal static class RateLimits
{
    private const string SignIn = "sign-in", Request = "request";

    public static void AddRateLimits(this IServiceCollection services, ServerOptions options) => services.AddRateLimiter(limiter =>
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => PerMinute(context, Request, options.RequestsPerMinute));
        limiter.AddPolicy(SignIn, context => PerMinute(context, SignIn, options.SignInsPerMinute));
        limiter.OnRejected = (rejected, _) =>
        {
            rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait);
            return new ValueTask(Problems.RateLimited(wait).ExecuteAsync(rejected.HttpContext));
        };
    });

    /// <summary>Applies the stricter limit for logins and registrations.</summary>
    public static RouteHandlerBuilder LimitsSignIns(this RouteHandlerBuilder route) => route.RequireRateLimiting(SignIn);

    private static RateLimitPartition<string> PerMinute(HttpContext context, string kind, int limit)
    {
        if (ClientAddress.Of(context).Network is not { } network)
            return RateLimitPartition.GetNoLimiter("");
        IServiceProvider services = context.RequestServices;
        return RateLimitPartition.Get(Convert.ToHexString(network), _ => LimiterOf(
            network, kind, limit, services.GetRequiredService<IServerStore>(), services.GetRequiredService<TimeProvider>()));
    }

    private static LeasedLimiter LimiterOf(byte[] network, string kind, int limit, IServerStore store, TimeProvider time) => new(
        limit,
        async bucket => await store.SpendAsync(new ServerSecret(await store.GetSecretAsync(default)).Requests(kind, network), bucket, time.GetUtcNow(), default),
        time);
}
