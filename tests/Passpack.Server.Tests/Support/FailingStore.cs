using System.Reflection;
using Passpack.Server.Storage;

namespace Passpack.Server.Tests.Support;

/// <summary>A store of which everything but its preparation and its start fails.</summary>
public class FailingStore : DispatchProxy
{
    private Func<Exception> fault = () => new InvalidOperationException();

    internal static IServerStore Create(Func<Exception> fault)
    {
        IServerStore store = Create<IServerStore, FailingStore>();
        ((FailingStore)(object)store).fault = fault;
        return store;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name is nameof(IServerStore.PrepareAsync) or nameof(IServerStore.NoteStartAsync) ? Task.CompletedTask : throw fault();
}
