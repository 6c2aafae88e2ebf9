using System.Management.Automation;
using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Passpack.PowerShell.Tests;

/// <summary>The cmdlet classes of the built module, and the manifest's list of them.</summary>
internal static partial class Cmdlets
{
    public static IReadOnlyDictionary<string, TypeDefinition> ByName { get; } =
        Built.PowerShell.GetTypes().Where(type => Attribute(type) is not null).ToDictionary(Name);

    public static IReadOnlyList<string> Exported { get; } =
        [.. QuotedName().Matches(ExportList().Match(Manifest).Groups["names"].Value).Select(match => match.Groups["name"].Value)];

    public static string Manifest => File.ReadAllText(Path.Combine(Built.ModuleFolder, "Passpack.psd1"));

    public static CustomAttribute? Attribute(TypeDefinition type) =>
        type.CustomAttributes.SingleOrDefault(attribute => attribute.AttributeType.Name == nameof(CmdletAttribute));

    public static string Verb(TypeDefinition type) => (string)Attribute(type)!.ConstructorArguments[0].Value;

    public static string Noun(TypeDefinition type) => (string)Attribute(type)!.ConstructorArguments[1].Value;

    public static string Name(TypeDefinition type) => $"{Verb(type)}-{Noun(type)}";

    public static bool SupportsShouldProcess(TypeDefinition type) =>
        Attribute(type)!.Properties.Any(property => property.Name == "SupportsShouldProcess" && property.Argument.Value is true);

    public static IEnumerable<TypeReference> OutputTypes(TypeDefinition type) =>
        from attribute in type.CustomAttributes
        where attribute.AttributeType.Name == nameof(OutputTypeAttribute)
        from argument in attribute.ConstructorArguments
        from element in argument.Value is CustomAttributeArgument[] several ? several.Select(one => one.Value) : [argument.Value]
        where element is TypeReference
        select (TypeReference)element;

    [GeneratedRegex(@"CmdletsToExport\s*=\s*@\((?<names>[^)]*)\)")]
    private static partial Regex ExportList();

    [GeneratedRegex("'(?<name>[^']+)'")]
    private static partial Regex QuotedName();
}
