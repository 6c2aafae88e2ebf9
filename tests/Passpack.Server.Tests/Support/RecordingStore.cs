using System.Collections.Concurrent;
using System.Reflection;
using Passpack.Server.Storage;

namespace Passpack.Server.Tests.Support;

/// <summary>A real store, and what it was asked for in which order.</summary>
public class RecordingStore : DispatchProxy
{
    private IServerStore store = null!;
    private ConcurrentQueue<string> asked = null!;

    internal static IServerStore Create(IServerStore store, ConcurrentQueue<string> asked)
    {
        IServerStore recording = Create<IServerStore, RecordingStore>();
        ((RecordingStore)(object)recording).store = store;
        ((RecordingStore)(object)recording).asked = asked;
        return recording;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        asked.Enqueue(targetMethod!.Name);
        return targetMethod.Invoke(store, args);
    }
}
