namespace Passpack.EndToEnd.Tests.Model;

/// <summary>A clock, and how far it is off.</summary>
/// <param name="time">Milliseconds since 1970.</param>
internal sealed class Clock(Func<long> time) : TimeProvider
{
    /// <summary>The system's.</summary>
    public Clock()
        : this(() => System.GetUtcNow().ToUnixTimeMilliseconds())
    {
    }

    /// <summary>Milliseconds.</summary>
    public long Off { get; set; }

    public long Now => time() + Off;

    /// <summary>A moment passes: what comes next is dated later than what was before.</summary>
    public void Pass() => Off += 20;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
}
