using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>For a switch that also comes from a column: Export-Csv writes True and False; null or a blank cell counts as not given.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FlagTransformationAttribute : ArgumentTransformationAttribute
{
    // PowerShell would convert null to True. Recognised by reference, because a switch has no third value.
    internal static readonly object NotGiven = new SwitchParameter(false);

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => Cell.Of(inputData) switch
    {
        null when inputData is null => NotGiven,
        "" => NotGiven,
        string text when bool.TryParse(text, out bool flag) => new SwitchParameter(flag),
        string text => Refuse($"'{View.Text(text)}'"),
        null => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            SwitchParameter flag => flag,
            bool flag => new SwitchParameter(flag),
            // 0 and 1 may come from a script; PowerShell would read every other number as True.
            0 or 0L => new SwitchParameter(false),
            1 or 1L => new SwitchParameter(true),
            object other => Refuse($"of type {other.GetType().Name}"),
            null => NotGiven,
        },
    };

    private static object Refuse(string what) => BindingFaults.Carry(new SwitchParameter(false), $"takes True or False, but the value is {what}.");
}
