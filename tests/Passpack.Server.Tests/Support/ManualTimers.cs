namespace Passpack.Server.Tests.Support;

/// <summary>A clock with timers, which go off when a test says so.</summary>
internal sealed class ManualTimers : TimeProvider
{
    private readonly List<Timer> timers = [];
    private TimeSpan now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(timers, now + dueTime, () => callback(state));
        timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        now += by;
        foreach (Timer timer in timers.Where(timer => timer.Due <= now).ToList())
        {
            if (timers.Remove(timer))
                timer.GoOff();
        }
    }

    private sealed class Timer(List<Timer> all, TimeSpan due, Action goOff) : ITimer
    {
        public TimeSpan Due => due;

        public void GoOff() => goOff();

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => all.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
