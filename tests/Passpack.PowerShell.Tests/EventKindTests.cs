using Passpack.Protocol;
using Passpack.PowerShell;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>The module's names for events are those of the protocol.</summary>
public sealed class EventKindTests
{
    [Fact]
    public void Every_type_and_actor_has_the_same_number_and_name()
    {
        Assert.Equal(Pairs<EventType>(), Pairs<EventKind>());
        Assert.Equal(Pairs<EventActor>(), Pairs<EventOrigin>());

        static IEnumerable<(int, string)> Pairs<T>()
            where T : struct, Enum => Enum.GetValues<T>().Select(value => (Convert.ToInt32(value, null), value.ToString()));
    }
}
