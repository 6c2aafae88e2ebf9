using Mono.Cecil;
using Xunit;

namespace Passpack.PowerShell.Tests;

public sealed class ErrorRecordsTests
{
    /// <summary>Between client and server only: a client answers these by itself.</summary>
    private static readonly string[] NeverMet = ["RevisionConflict", "StatementConflict", "PushIdReused", "RequestInvalid", "NotFound", "KeyGenerationConflict"];

    public static IEnumerable<string> MetByUsers { get; } =
        [.. Built.Protocol.GetType("Passpack.Protocol.ErrorCodes").Fields.Select(field => (string)field.Constant).Except(NeverMet)];

    [Fact]
    public void Every_error_that_a_user_meets_has_a_category()
    {
        TypeDefinition records = Built.PowerShell.GetType("Passpack.PowerShell.ErrorRecords");
        IEnumerable<string> mapped = records.Methods.SelectMany(method => method.Body.Instructions).Select(one => one.Operand).OfType<string>();
        Assert.Empty(MetByUsers.Except(mapped));
    }

    [Fact]
    public void An_ErrorRecord_is_made_in_one_place()
    {
        IEnumerable<string> makers =
            from type in Built.PowerShell.GetTypes()
            from method in type.Methods
            where method.HasBody
            where method.Body.Instructions.Any(one => one.Operand is MethodReference { Name: ".ctor", DeclaringType.Name: "ErrorRecord" })
            select type.FullName;
        Assert.Equal(["Passpack.PowerShell.ErrorRecords"], makers.Distinct());
    }
}
