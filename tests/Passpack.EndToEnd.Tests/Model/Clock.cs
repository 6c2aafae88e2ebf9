namespace Passpack.EndToEnd.Tests.Model;

/// <summary>The time of all machines, and how far a machine's clock is off.</summary>
internal sealed class Clock(Func<long> time) : TimeProvider
{
    /// <summary>Milliseconds.</summary>
    public long Off { get; set; }

    public long Now => time() + Off;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
}
