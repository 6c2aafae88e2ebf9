namespace Passpack.Server.Login;

/// <summary>
/// What failed logins cost: the first few nothing, then a wait that doubles with each failure up to 15 minutes. An address gets more
/// free failures than an account, because many people may share one. Failures are forgotten after a day without a new one.
/// </summary>
internal static class LockoutPolicy
{
    public const int FreeFailuresOfAccount = 5;
    public const int FreeFailuresOfAddress = 50;
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);
    public static readonly TimeSpan Memory = TimeSpan.FromDays(1);

    /// <summary>How long after its last failure an account or address stays locked out.</summary>
    public static TimeSpan WaitAfter(int failures, int freeFailures)
    {
        if (failures < freeFailures)
            return TimeSpan.Zero;
        // Beyond 2^10 seconds the bound holds anyway; the exponent is capped so that it cannot overflow.
        int doublings = Math.Min(failures - freeFailures, 10);
        var wait = TimeSpan.FromSeconds(1L << doublings);
        return wait < LongestWait ? wait : LongestWait;
    }
}
