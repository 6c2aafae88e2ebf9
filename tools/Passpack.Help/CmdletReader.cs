using Mono.Cecil;

namespace Passpack.Help;

/// <summary>Reads what PowerShell's attributes say of a class and its properties.</summary>
internal static class CmdletReader
{
    public static CompiledCmdlet? TryRead(TypeDefinition type)
    {
        if (type.IsAbstract || Attributes(type, "CmdletAttribute").SingleOrDefault() is not { } cmdlet)
            return null;
        return new CompiledCmdlet(
            (string)cmdlet.ConstructorArguments[0].Value,
            (string)cmdlet.ConstructorArguments[1].Value,
            Named(cmdlet, "SupportsShouldProcess") is true,
            Named(cmdlet, "DefaultParameterSetName") as string,
            [.. Attributes(type, "OutputTypeAttribute").SelectMany(attribute => attribute.ConstructorArguments).SelectMany(Names).Distinct()],
            [.. Properties(type).Select(TryReadParameter).OfType<CompiledParameter>()]);
    }

    // The class itself first: what it shares with others comes last in a syntax line.
    private static IEnumerable<PropertyDefinition> Properties(TypeDefinition type)
    {
        foreach (PropertyDefinition property in type.Properties)
            yield return property;
        if (type.BaseType is TypeDefinition parent)
        {
            foreach (PropertyDefinition property in Properties(parent))
                yield return property;
        }
    }

    private static CompiledParameter? TryReadParameter(PropertyDefinition property)
    {
        CustomAttribute[] uses = [.. Attributes(property, "ParameterAttribute")];
        if (uses.Length == 0 || uses.Any(use => Named(use, "DontShow") is true))
            return null;
        TypeReference type = property.PropertyType is GenericInstanceType { ElementType.Name: "Nullable`1" } nullable
            ? nullable.GenericArguments[0] : property.PropertyType;
        TypeReference element = type is ArrayType array ? array.ElementType : type;
        string[] values = element is TypeDefinition { IsEnum: true } choice
            ? [.. choice.Fields.Where(field => field.IsStatic).Select(field => field.Name)] : [];
        return new CompiledParameter(
            property.Name,
            type.FullName,
            type.Name == "SwitchParameter" ? "" : type.Name,
            type.Name == "SwitchParameter",
            values,
            [.. Attributes(property, "AliasAttribute").SelectMany(alias => alias.ConstructorArguments).SelectMany(Names)],
            Attributes(property, "SupportsWildcardsAttribute").Any(),
            Default(property, type, values),
            [.. uses.Select(Use)]);
    }

    private static string Default(PropertyDefinition property, TypeReference type, string[] values)
    {
        if (Attributes(property, "PSDefaultValueAttribute").SingleOrDefault() is { } stated)
            return (string)(Named(stated, "Help") ?? Named(stated, "Value")?.ToString() ?? "None");
        return type.Name == "SwitchParameter" ? "False" : values.Length > 0 && property.PropertyType == type ? values[0] : "None";
    }

    private static ParameterUse Use(CustomAttribute parameter) => new(
        Named(parameter, "ParameterSetName") as string,
        Named(parameter, "Mandatory") is true,
        Named(parameter, "Position") as int?,
        Named(parameter, "ValueFromPipeline") is true,
        Named(parameter, "ValueFromPipelineByPropertyName") is true);

    private static IEnumerable<CustomAttribute> Attributes(ICustomAttributeProvider of, string name) =>
        of.CustomAttributes.Where(attribute => attribute.AttributeType.Name == name);

    private static object? Named(CustomAttribute attribute, string name) =>
        attribute.Properties.FirstOrDefault(property => property.Name == name).Argument.Value switch
        {
            CustomAttributeArgument boxed => boxed.Value,
            object value => value,
            null => null,
        };

    private static IEnumerable<string> Names(CustomAttributeArgument argument) => argument.Value switch
    {
        CustomAttributeArgument[] several => several.SelectMany(Names),
        CustomAttributeArgument boxed => Names(boxed),
        TypeReference type => [type.FullName],
        string name => [name],
        _ => [],
    };
}
