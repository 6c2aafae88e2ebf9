using System.Management.Automation;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that reads a log of events.</summary>
public abstract class EventCmdlet : EachAccountCmdlet
{
    /// <summary>The number before the first one wanted; by default all that are kept.</summary>
    [Parameter]
    [PSDefaultValue(Help = "0")]
    [ValidateRange(0, long.MaxValue)]
    public long After { get; set; }

    /// <summary>How many; by default all.</summary>
    [Parameter]
    [PSDefaultValue(Help = "all")]
    [ValidateRange(1, int.MaxValue)]
    public int First { get; set; } = int.MaxValue;

    /// <summary>Emits events of some types, the first of them, as they come.</summary>
    /// <param name="events">In their order.</param>
    /// <param name="types">Those that are wanted; none for all.</param>
    /// <param name="typeOf">The type of an event.</param>
    /// <param name="shown">What is emitted of an event.</param>
    private protected async Task EmitAsync<T>(IAsyncEnumerable<T> events, EventKind[] types, Func<T, int> typeOf, Func<T, object> shown)
    {
        int count = 0;
        await foreach (T told in events)
        {
            if (types.Length > 0 && !types.Contains((EventKind)typeOf(told)))
                continue;
            WriteObject(shown(told));
            if (++count == First)
                return;
        }
    }
}
