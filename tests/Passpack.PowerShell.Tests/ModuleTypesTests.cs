using System.Management.Automation;
using Mono.Cecil;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>
/// PowerShell loads the exported types before OnImport has made deps/ loadable. To load a type, the runtime needs its base, its interfaces and
/// the layout of its fields; were one of them to live in deps/, the import would fail. Compiler-made types (lambdas, async) load only when run.
/// </summary>
public sealed class ModuleTypesTests
{
    public static TheoryData<string> Types =>
        [.. Built.PowerShell.GetTypes().Where(type => !type.FullName.Contains('<', StringComparison.Ordinal)).Select(type => type.FullName)];

    [Theory, MemberData(nameof(Types))]
    public void A_type_loads_without_deps(string name)
    {
        TypeDefinition type = Built.PowerShell.GetType(name);
        Assert.DoesNotContain(Uses.Parts(type.BaseType), IsInDeps);
        Assert.DoesNotContain(type.Interfaces.SelectMany(implemented => Uses.Parts(implemented.InterfaceType)), IsInDeps);
        // Enums are value types too. A generic value type (Nullable, KeyValuePair) needs its arguments.
        Assert.DoesNotContain(type.Fields, field => field.FieldType.IsValueType && Uses.Parts(field.FieldType).Any(IsInDeps));
    }

    [Theory, MemberData(nameof(Types))]
    public void What_PowerShell_shows_or_binds_is_the_modules_own(string name)
    {
        TypeDefinition type = Built.PowerShell.GetType(name);
        IEnumerable<TypeReference?> parameters = type.Properties
            .Where(property => property.CustomAttributes.Any(attribute => attribute.AttributeType.Name == nameof(ParameterAttribute)))
            .Select(property => property.PropertyType);
        IEnumerable<TypeReference?> outputs = Cmdlets.OutputTypes(type);
        Assert.DoesNotContain(parameters.Concat(outputs).SelectMany(Uses.Parts), IsInDeps);
    }

    [Fact]
    public void The_rule_is_tested_against_what_it_forbids()
    {
        // Were deps/ empty, every test above would pass.
        Assert.Contains("Passpack.Core", Built.Dependencies);
        Assert.Contains(Built.PowerShell.GetTypes().SelectMany(Uses.Of), IsInDeps);
    }

    private static bool IsInDeps(TypeReference type) => type.Scope is AssemblyNameReference scope && Built.Dependencies.Contains(scope.Name);
}
