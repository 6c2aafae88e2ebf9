using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>For times of a day: what is none is told with an example, and not in the words of a conversion.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeOfDayTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        inputData is null || LanguagePrimitives.TryConvertTo(inputData, out DateTime _) ? inputData
            : throw new ArgumentTransformationMetadataException($"'{inputData}' is no time of a day. Write 0:07, or 13:30.");
}
