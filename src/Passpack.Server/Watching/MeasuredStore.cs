using System.Collections.Frozen;
using System.Diagnostics;
using System.Reflection;
using Passpack.Server.Storage;

namespace Passpack.Server.Watching;

/// <summary>Any store, and how long each of its operations takes. A proxy, so that no operation can be forgotten.</summary>
internal class MeasuredStore : DispatchProxy, IDisposable
{
    private static readonly FrozenDictionary<string, string> s_operations = typeof(IServerStore).GetMethods().Select(method => method.Name).Distinct()
        .ToFrozenDictionary(name => name, name => name.EndsWith("Async", StringComparison.Ordinal) ? name[..^"Async".Length] : name);

    private IServerStore _store = null!;
    private ServerMetrics _metrics = null!;

    public static IServerStore Around(IServerStore store, ServerMetrics metrics)
    {
        IServerStore measured = Create<IServerStore, MeasuredStore>();
        ((MeasuredStore)(object)measured)._store = store;
        ((MeasuredStore)(object)measured)._metrics = metrics;
        return measured;
    }

    public void Dispose()
    {
        (_store as IDisposable)?.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        string operation = s_operations[targetMethod!.Name];
        Activity? before = Activity.Current;
        Activity? span = ServerMetrics.Spans.StartActivity("store " + operation, ActivityKind.Client);
        long start = Stopwatch.GetTimestamp();
        try
        {
            object? result = targetMethod.Invoke(_store, BindingFlags.DoNotWrapExceptions, null, args, null);
            if (result is Task { IsCompleted: false } pending)
            {
                _ = pending.ContinueWith(
                    ended => Note(operation, span, start, ended.Exception?.InnerException),
                    CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            else
            {
                Note(operation, span, start, (result as Task)?.Exception?.InnerException);
            }

            return result;
        }
        catch (Exception e)
        {
            Note(operation, span, start, e);
            throw;
        }
        finally
        {
            // What the caller does next is not below an operation that may be under way still.
            Activity.Current = before;
        }
    }

    private void Note(string operation, Activity? span, long start, Exception? exception)
    {
        _metrics.NoteStore(operation, Stopwatch.GetElapsedTime(start));
        if (exception is StoreException failed)
            _metrics.NoteStoreFailure(failed.Failure);
        if (exception is not null and not OperationCanceledException)
            span?.SetStatus(ActivityStatusCode.Error);
        span?.Dispose();
    }
}
