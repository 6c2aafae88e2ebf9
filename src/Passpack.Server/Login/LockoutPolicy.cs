namespace Passpack.Server.Login;

/// <summary>
/// What failed proofs cost: a burst nothing, then a wait for as long as it takes until one has leaked away. One typo a day is gone
/// long before the next. An address has room for more, because many people may share one.
/// </summary>
internal static class LockoutPolicy
{
    /// <summary>What fails at one User ID from anywhere. Only where its owner logged in before is a right proof taken all the same.</summary>
    public static readonly BucketLimit Account = new(10, TimeSpan.FromMinutes(15));

    /// <summary>What fails at one User ID from one network; for a right proof it alone counts where the owner logged in before.</summary>
    public static readonly BucketLimit Place = new(10, TimeSpan.FromMinutes(15));

    /// <summary>What fails at any User ID from one network.</summary>
    public static readonly BucketLimit Address = new(50, TimeSpan.FromMinutes(2));

    /// <summary>What fails with one device's token: it alone counts there.</summary>
    public static readonly BucketLimit Device = new(10, TimeSpan.FromMinutes(15));

    private static readonly int[] ToldMinutes = [1, 5, 15, 60];

    /// <summary>What is told of a wait: rounded up, so that nobody learns from it how much others have failed, or when.</summary>
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
