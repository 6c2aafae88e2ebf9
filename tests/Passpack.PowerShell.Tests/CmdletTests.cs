using System.Management.Automation;
using System.Reflection;
using Mono.Cecil;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>The manners that every cmdlet has, as far as they show without running it.</summary>
public sealed class CmdletTests
{
    /// <summary>They change nothing that outlives the process.</summary>
    private static readonly string[] ReadingVerbs = ["Get", "Find", "Measure", "Lock", "Unlock", "Protect", "Unprotect", "Resolve", "ConvertTo"];

    /// <summary>Nor do these, whatever their verb.</summary>
    private static readonly string[] ReadingCmdlets = ["New-PasspackPassword", "Test-PasspackReference"];

    private static readonly HashSet<string> ApprovedVerbs =
    [
        .. from type in new[]
           {
               typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic), typeof(VerbsLifecycle),
               typeof(VerbsOther), typeof(VerbsSecurity),
           }
           from field in type.GetFields(BindingFlags.Public | BindingFlags.Static)
           select (string)field.GetRawConstantValue()!,
    ];

    public static TheoryData<string> Names => [.. Cmdlets.ByName.Keys];

    [Fact]
    public void The_manifest_exports_exactly_the_cmdlets_that_exist() =>
        Assert.Equal(Cmdlets.ByName.Keys.Order(), Cmdlets.Exported.Order());

    [Fact]
    public void The_manifest_has_the_version_of_the_assemblies() =>
        Assert.Contains($"ModuleVersion        = '{Built.Version}'", Cmdlets.Manifest, StringComparison.Ordinal);

    [Theory, MemberData(nameof(Names))]
    public void A_cmdlet_is_a_sealed_class_in_a_file_of_its_own(string name)
    {
        TypeDefinition type = Cmdlets.ByName[name];
        Assert.True(type.IsSealed && type.IsPublic);
        Assert.Equal(name.Replace("-", "", StringComparison.Ordinal) + "Command", type.Name);
        Assert.Single(Directory.GetFiles(Path.Combine(Built.RepositoryRoot, "src", "Passpack.PowerShell", "Commands"), type.Name + ".cs", SearchOption.AllDirectories));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_cmdlet_has_an_approved_verb_and_a_singular_Passpack_noun(string name)
    {
        TypeDefinition type = Cmdlets.ByName[name];
        Assert.Contains(Cmdlets.Verb(type), ApprovedVerbs);
        Assert.Matches("^Passpack[A-Z][A-Za-z]*[^s]$", Cmdlets.Noun(type));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_cmdlet_says_what_it_emits(string name) => Assert.NotEmpty(Cmdlets.OutputTypes(Cmdlets.ByName[name]));

    [Theory, MemberData(nameof(Names))]
    public void A_cmdlet_that_changes_something_supports_WhatIf(string name)
    {
        TypeDefinition type = Cmdlets.ByName[name];
        Assert.True(ReadingVerbs.Contains(Cmdlets.Verb(type)) || ReadingCmdlets.Contains(name) || Cmdlets.SupportsShouldProcess(type));
    }

    [Fact]
    public void A_parameter_that_is_a_length_of_time_refuses_a_bare_number()
    {
        PropertyDefinition[] lengths =
        [
            .. from type in Built.PowerShell.GetTypes()
               from property in type.Properties
               where property.CustomAttributes.Any(attribute => attribute.AttributeType.Name == nameof(ParameterAttribute))
               where property.PropertyType.FullName.Contains("System.TimeSpan", StringComparison.Ordinal)
               select property,
        ];
        Assert.NotEmpty(lengths);
        Assert.All(lengths, property => Assert.Contains(property.CustomAttributes, attribute => attribute.AttributeType.Name == "IntervalTransformationAttribute"));
    }

    [Fact]
    public void Only_the_base_class_calls_out_of_a_cmdlet()
    {
        // PasspackCmdlet takes the pump away around them; a call past it would be a deadlock waiting to happen.
        IEnumerable<string> past =
            from type in Built.PowerShell.GetTypes()
            where !type.FullName.StartsWith("Passpack.PowerShell.Commands.PasspackCmdlet", StringComparison.Ordinal)
            from method in type.Methods
            where method.HasBody
            from instruction in method.Body.Instructions
            let called = instruction.Operand as MethodReference
            where called?.DeclaringType.Name is nameof(Cmdlet) or nameof(ICommandRuntime)
            where called.Name.StartsWith("Write", StringComparison.Ordinal) || called.Name.StartsWith("Should", StringComparison.Ordinal)
            select $"{type.FullName}.{method.Name} calls {called.Name}";
        Assert.Empty(past);
    }
}
