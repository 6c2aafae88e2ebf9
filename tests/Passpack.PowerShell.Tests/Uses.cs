using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Passpack.PowerShell.Tests;

/// <summary>Every type that a type names: in its declaration, its members' signatures, its attributes and its code.</summary>
internal static class Uses
{
    public static IEnumerable<TypeReference> Of(TypeDefinition type) => Direct(type).SelectMany(Parts);

    /// <summary>A constructed type taken apart: List&lt;Entry[]&gt; names List and Entry.</summary>
    public static IEnumerable<TypeReference> Parts(TypeReference? type)
    {
        if (type is null or GenericParameter)
            return [];
        IEnumerable<TypeReference> arguments = type is GenericInstanceType generic ? generic.GenericArguments.SelectMany(Parts) : [];
        return type is TypeSpecification specification ? Parts(specification.ElementType).Concat(arguments) : [type];
    }

    private static IEnumerable<TypeReference?> Direct(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(implemented => implemented.InterfaceType),
        .. type.GenericParameters.SelectMany(Constraints),
        .. type.Fields.Select(field => field.FieldType),
        .. type.Properties.Select(property => property.PropertyType),
        .. type.Methods.SelectMany(Of),
        .. Attributes([type, .. type.Fields, .. type.Properties, .. type.Methods, .. type.Methods.SelectMany(method => method.Parameters)]),
    ];

    private static IEnumerable<TypeReference?> Of(MethodDefinition method) =>
    [
        .. Signature(method),
        .. method.GenericParameters.SelectMany(Constraints),
        .. method.HasBody ? method.Body.Variables.Select(variable => variable.VariableType) : [],
        .. method.HasBody ? method.Body.ExceptionHandlers.Select(handler => handler.CatchType) : [],
        .. method.HasBody ? method.Body.Instructions.SelectMany(Of) : [],
    ];

    private static IEnumerable<TypeReference?> Of(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => [.. Signature(method.ElementMethod), .. method.GenericArguments],
        MethodReference method => Signature(method),
        _ => [],
    };

    private static IEnumerable<TypeReference?> Signature(MethodReference method) =>
        [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType)];

    private static IEnumerable<TypeReference?> Constraints(GenericParameter parameter) =>
        parameter.Constraints.Select(constraint => constraint.ConstraintType);

    private static IEnumerable<TypeReference?> Attributes(IEnumerable<ICustomAttributeProvider> members) =>
        members.SelectMany(member => member.CustomAttributes).SelectMany(attribute => attribute.ConstructorArguments
            .Select(argument => argument.Value as TypeReference).Append(attribute.AttributeType));
}
