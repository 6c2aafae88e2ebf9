using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>For a switch that also comes as a column: Export-Csv writes True and False, and a blank cell is no.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FlagTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => Cell.Of(inputData) switch
    {
        null => inputData,
        "" => new SwitchParameter(false),
        string text when bool.TryParse(text, out bool flag) => new SwitchParameter(flag),
        string text => throw new ArgumentTransformationMetadataException($"True or False is needed here, not '{View.Text(text)}'."),
    };
}
