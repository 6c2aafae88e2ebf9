using Mono.Cecil;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>The module's names for events are those of the protocol, number for number: they are cast, because a number may be unknown.</summary>
public sealed class EventKindTests
{
    [Theory]
    [InlineData("EventType", "EventKind")]
    [InlineData("EventActor", "EventOrigin")]
    public void Every_number_has_the_name_that_the_protocol_gives_it(string protocol, string module)
    {
        IReadOnlyList<string> expected = Members(Built.Protocol.GetType($"Passpack.Protocol.{protocol}"));
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Members(Built.PowerShell.GetType($"Passpack.PowerShell.{module}")));
    }

    private static IReadOnlyList<string> Members(TypeDefinition type) =>
        [.. type.Fields.Where(field => field.IsStatic).Select(field => $"{field.Constant} {field.Name}")];
}
