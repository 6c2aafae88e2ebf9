using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For intervals: refuses a bare number. .NET reads the number 15 as ticks and the text "15" as days, but the user means minutes or hours.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IntervalTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? given = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        string? number = given is string text ? text.Trim() : given is int or long or double or decimal ? given.ToString() : null;
        return number is { Length: > 0 } && number.All(char.IsAsciiDigit)
            ? throw new ArgumentTransformationMetadataException($"{number} does not say of what. " +
                $"Write 0:{number.PadLeft(2, '0')} for minutes, {number}:00 for hours, or 1.00:00 for a day.")
            : inputData;
    }
}
