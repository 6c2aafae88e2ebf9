using System.Collections;
using System.Management.Automation;
using System.Numerics;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For a field that is a text: the text as it is, or an error that names no value. PowerShell by itself would drop an array without a word, and
/// write a date or a fraction as the culture of the process has it. Null is not given.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TextTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether the field has lines: then the lines that Get-Content gives are joined.</summary>
    public bool Lines { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            string text => text,
            // The characters that were typed, where PowerShell still knows them: 007.
            byte or int or long or BigInteger or char or Guid or Uri or Enum => inputData!.ToString(),
            IList { Count: 1 } one => Transform(engineIntrinsics, one[0]),
            IList { Count: > 0 } lines when Lines && lines.Cast<object?>().All(IsText) => string.Join(Environment.NewLine, lines.Cast<object>()),
            DateTime or DateTimeOffset => Fault("a date, and how it was written is not known any more; ConvertFrom-Json -DateKind String keeps the text"),
            float or double or decimal => Fault("a number, and how it was written is not known any more; put it in quotes"),
            object other => Fault($"a {other.GetType().Name}{(Lines ? "" : "; the field is one text")}"),
        };

    private static bool IsText(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) is string;

    private static string Fault(string what) => BindingFaults.Carry("?", $"takes a text, but the value is {what}.");
}
