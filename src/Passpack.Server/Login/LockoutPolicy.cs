namespace Passpack.Server.Login;

/// <summary>
/// The cost of failed proofs: a burst is free, then each has to wait until one has leaked away. One typo a day leaks away long before the next. An
/// address has a larger bucket, because many people may share it.
/// </summary>
internal static class LockoutPolicy
{
    /// <summary>Failures at one User ID from networks where its owner has never logged in.</summary>
    public static readonly BucketLimit Account = new(10, TimeSpan.FromMinutes(15));

    /// <summary>Failures at one User ID from one network; the only bucket that counts if the owner has logged in there.</summary>
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
