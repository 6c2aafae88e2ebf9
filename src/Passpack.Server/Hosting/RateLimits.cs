using System.Threading.RateLimiting;
using Passpack.Server.Api;
using Passpack.Server.Login;

namespace Passpack.Server.Hosting;

/// <summary>
/// How often one address may ask this node. It keeps a node alive, and is the one count that a node keeps for itself; what guards
/// Passwords is counted in the store (<see cref="LockoutPolicy"/>).
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

    /// <summary>Logins and registrations are bounded more narrowly.</summary>
    public static RouteHandlerBuilder LimitsSignIns(this RouteHandlerBuilder route) => route.RequireRateLimiting(SignIn);

    private static RateLimitPartition<string> PerMinute(HttpContext context, int permits) => ClientAddress.Of(context).Network is { } network
        ? RateLimitPartition.GetFixedWindowLimiter(
            Convert.ToHexString(network),
            _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 })
        : RateLimitPartition.GetNoLimiter("");
}
