using System.Threading.RateLimiting;
using Passpack.Server.Api;
using Passpack.Server.Login;

namespace Passpack.Server.Hosting;

/// <summary>
/// Limits requests by address, to keep the node responsive. This is the only count that a node keeps for itself; failed logins are counted in the
/// store (<see cref="LockoutPolicy"/>).
/// </summary>
internal static class RateLimits
{
    private const string SignIn = "sign-in";

    public static void AddRateLimits(this IServiceCollection services, ServerOptions options) => services.AddRateLimiter(limiter =>
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => PerMinute(context, options.RequestsPerMinute));
        limiter.AddPolicy(SignIn, context => PerMinute(context, options.SignInsPerMinute));
        limiter.OnRejected = (rejected, _) =>
        {
            rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait);
            return new ValueTask(Problems.RateLimited(wait).ExecuteAsync(rejected.HttpContext));
        };
    });

    /// <summary>Applies the stricter limit for logins and registrations.</summary>
    public static RouteHandlerBuilder LimitsSignIns(this RouteHandlerBuilder route) => route.RequireRateLimiting(SignIn);

    private static RateLimitPartition<string> PerMinute(HttpContext context, int permits) => ClientAddress.Of(context).Network is { } network
        ? RateLimitPartition.GetFixedWindowLimiter(
            Convert.ToHexString(network),
            _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 })
        : RateLimitPartition.GetNoLimiter("");
}
