using System.Management.Automation;
using System.Security;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For every key and password: accepts a SecureString or a string, so that a column of Import-Csv binds, too. Any other value is an error, never
/// silently an empty secret. No message shows the value.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            SecureString secret => secret,
            string { Length: <= SecureStrings.MaxLength } text => SecureStrings.Of(text),
            string => Refuse($"has more than {SecureStrings.MaxLength} characters"),
            null => BindingFaults.Carry(new SecureString(),
                "takes a SecureString or one string, but the value is missing; an empty one is '', and Import-Csv gives " +
                "none for an empty last cell without quotes.",
                typed: "is $null: was the variable set? An empty one is ''."),
            PSCredential => Refuse("is a PSCredential; pass its Password property"),
            // A number is refused, because 007 and 7 would be the same, and 1e3 would become 1000.
            int or long or double or decimal => Refuse("is a number; put it in quotes, so that every digit counts as typed"),
            object other => Refuse($"is of type {other.GetType().Name}"),
        };

    private static object Refuse(string reason) =>
        BindingFaults.Carry(new SecureString(), $"takes a SecureString or one string, but the value {reason}.");
}
