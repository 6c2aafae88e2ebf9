namespace Passpack.Server.Login;

/// <summary>
/// The cost of failed proofs: a burst is free, then each has to wait until one has leaked away. One typo a day leaks away long before the next. An
/// address has a larger bucket, because many people may share it.
/// </summary>
internal static class LockoutPolicy
{
    /// <summary>What fails at one User ID from anywhere. Only where its owner logged in before is a right proof taken all the same.</summary>
    public static readonly BucketLimit Account = new(10, TimeSpan.FromMinutes(15));

    /// <summary>What fails at one User ID from one network; for a right proof it alone counts where the owner logged in before.</summary>
    public static readonly BucketLimit Place = new(10, TimeSpan.FromMinutes(15));

    /// <summary>Failures at any User ID from one network.</summary>
    public static readonly BucketLimit Address = new(50, TimeSpan.FromMinutes(2));

    /// <summary>Failures with the token of one device; the only bucket that counts for them.</summary>
    public static readonly BucketLimit Device = new(10, TimeSpan.FromMinutes(15));

    private static readonly int[] ToldMinutes = [1, 5, 15, 60];

    /// <summary>Rounds a wait up, so that its length does not tell how often or when others have failed.</summary>
    public static TimeSpan Coarse(TimeSpan wait)
    {
        foreach (int minutes in ToldMinutes)
        {
            if (wait <= TimeSpan.FromMinutes(minutes))
                return TimeSpan.FromMinutes(minutes);
        }

        return TimeSpan.FromHours(Math.Ceiling(wait.TotalHours));
    }
}
