using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>For a switch that also comes as a column: Export-Csv writes True and False, and null or a blank cell is not given.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FlagTransformationAttribute : ArgumentTransformationAttribute
{
    // PowerShell by itself makes null True. Known by its reference: a switch has no third value.
    internal static readonly object NotGiven = new SwitchParameter(false);

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => Cell.Of(inputData) switch
    {
        null when inputData is null => NotGiven,
        null => inputData,
        "" => NotGiven,
        string text when bool.TryParse(text, out bool flag) => new SwitchParameter(flag),
        string text => throw new ArgumentTransformationMetadataException($"True or False is needed here, not '{View.Text(text)}'."),
    };
}
