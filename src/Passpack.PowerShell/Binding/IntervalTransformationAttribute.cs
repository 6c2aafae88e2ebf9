using System.Globalization;
using System.Management.Automation;
using System.Numerics;

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
        string text = Convert.ToString(given, CultureInfo.InvariantCulture)!.Trim();
        if (given is not string && !IsNumber(given) || !decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal number))
            return inputData;
        bool isCount = number > 0 && number == decimal.Truncate(number);
        throw new ArgumentTransformationMetadataException($"{text} does not say of what. " +
            $"Write {(isCount && number < 60 ? $"0:{number:00}" : "0:15")} for minutes, {(isCount && number < 24 ? $"{number:0}:00" : "2:00")} for hours, "
            + "or 1.00:00 for a day.");
    }

    private static bool IsNumber(object? given) => given is BigInteger or IConvertible and not (string or bool or char or DateTime or Enum);
}
