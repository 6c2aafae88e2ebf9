using System.Runtime.ExceptionServices;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// Runs asynchronous work on the pipeline thread: PowerShell takes output only from that thread, and while a cmdlet is in one of its overrides.
/// Every await of the work comes back to this thread, so the work writes objects, progress and errors as if it were synchronous.
/// </summary>
internal sealed class PipelinePump : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private bool _over;

    private PipelinePump(SynchronizationContext? outer) => Outer = outer;

    /// <summary>The context that was current before; foreign code runs under it, see <see cref="PasspackCmdlet.Outside{T}"/>.</summary>
    public SynchronizationContext? Outer { get; }

    /// <param name="work">Starts on this thread.</param>
    /// <param name="cancel">Called when a posted callback fails: the work is asked to end, and is waited for, so that its finally blocks run.</param>
    public static void Run(Func<Task> work, Action cancel)
    {
        var pump = new PipelinePump(Current);
        SetSynchronizationContext(pump);
        try
        {
            Task task = work();
            if (!task.IsCompleted)
                _ = task.ContinueWith(_ => pump.Wake(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            ExceptionDispatchInfo? failed = null;
            while (pump.TryTake(task, out (SendOrPostCallback Callback, object? State) next))
                failed = Invoke(next.Callback, next.State, cancel) ?? failed;
            failed?.Throw();
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(pump.Outer);
        }
    }

    /// <summary>A callback that is posted after the work has ended (a late IProgress report) is dropped.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_posted)
        {
            if (_over)
                return;
            _posted.Enqueue((d, state));
            Monitor.Pulse(_posted);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("Waiting for the pipeline thread from another thread would deadlock when that thread waits too.");

    private static ExceptionDispatchInfo? Invoke(SendOrPostCallback callback, object? state, Action cancel)
    {
        try
        {
            callback(state);
            return null;
        }
        catch (Exception e)
        {
            cancel();
            return ExceptionDispatchInfo.Capture(e);
        }
    }

    private bool TryTake(Task task, out (SendOrPostCallback, object?) next)
    {
        lock (_posted)
        {
            while (!_posted.TryDequeue(out next))
            {
                if (task.IsCompleted)
                    return !(_over = true);
                Monitor.Wait(_posted);
            }
            return true;
        }
    }

    private void Wake()
    {
        lock (_posted)
            Monitor.Pulse(_posted);
    }
}
