namespace Passpack.Benchmarks;

/// <summary>
/// One figure: what the product takes, over the least that the same work can take (the floor), both measured in one run. Disposing
/// removes what it made.
/// </summary>
internal abstract class Benchmark : IDisposable
{
    /// <summary>What it is asked for by.</summary>
    public abstract string Name { get; }

    /// <summary>What is compared with what.</summary>
    public abstract string What { get; }

    /// <summary>The ratio to reach.</summary>
    public abstract double Limit { get; }

    /// <summary>Measured rounds of each side.</summary>
    public virtual int Rounds => 7;

    /// <summary>Rounds before them that are not counted: until both sides run as they do from then on.</summary>
    public virtual int WarmUps => 1;

    /// <summary>Whether it takes many minutes to prepare, and is measured only where it is named.</summary>
    public virtual bool IsLong => false;

    /// <summary>Why it cannot be measured here, or null.</summary>
    public virtual string? Missing => null;

    /// <summary>Makes what both sides need; not measured.</summary>
    public abstract void Prepare();

    /// <summary>Before every single round of either side; not measured.</summary>
    public virtual void BeforeRound()
    {
    }

    public abstract void Floor();

    /// <summary>What is taken off the floor's time, measured right after it: what the comparison leaves aside.</summary>
    public virtual void FloorOverhead()
    {
    }

    public abstract void Product();

    /// <summary>More to tell, after the rounds.</summary>
    public virtual IEnumerable<string> Notes() => [];

    public abstract void Dispose();
}
