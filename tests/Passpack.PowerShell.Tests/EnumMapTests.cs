using Mono.Cecil;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>The enums of Core that the module mirrors: they are mapped by name, so a name that one side lacks would be an error at run time.</summary>
public sealed class EnumMapTests
{
    /// <summary>All pairs that the module maps, as the calls in its code name them.</summary>
    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach ((string from, string to) in Calls().Where(call => call.DeclaringType.Name == "EnumMap").OfType<GenericInstanceMethod>()
                .Select(call => (call.GenericArguments[0].FullName, call.GenericArguments[1].FullName)).Distinct())
            {
                pairs.Add(from, to);
            }
            return pairs;
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public void A_mapped_enum_has_every_name_of_the_one_it_comes_from(string from, string to)
    {
        IReadOnlyList<string> names = Names(from);
        Assert.NotEmpty(names);
        Assert.Empty(names.Except(Names(to)));
    }

    [Fact]
    public void Enums_are_mapped_by_EnumMap_alone() =>
        Assert.Single(Calls(), call => call.DeclaringType.FullName == "System.Enum" && call.Name == "Parse");

    private static IEnumerable<MethodReference> Calls() =>
        from type in Built.PowerShell.GetTypes()
        from method in type.Methods
        where method.HasBody
        from called in method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>()
        select called;

    private static IReadOnlyList<string> Names(string type) =>
        [.. (Built.PowerShell.GetType(type) ?? Built.Core.GetType(type)).Fields.Where(field => field.IsStatic).Select(field => field.Name)];
}
