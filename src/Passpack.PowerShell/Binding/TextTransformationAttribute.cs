using System.Collections;
using System.Management.Automation;
using System.Numerics;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For a text: accepts a text unchanged, or reports an error without the value. PowerShell itself would convert an array silently, and would format
/// dates and fractions by the culture of the process. Null counts as not given.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TextTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether the field may have several lines: then the lines from Get-Content are joined.</summary>
    public bool Lines { get; set; }

    /// <summary>Whether a value is required: then null is refused, and an empty text unless <see cref="Empty"/>.</summary>
    public bool Needed { get; set; }

    /// <summary>Whether an empty text is allowed although a value is <see cref="Needed"/>.</summary>
    public bool Empty { get; set; }

    /// <summary>Whether the parameter takes several texts, as an array.</summary>
    public bool Several { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if (!Several)
            return Read(inputData, out string? fault) is { } text ? text : fault is null ? null : BindingFaults.Carry("?", fault);
        var texts = new List<string>();
        foreach (object? one in Unwrap(inputData) is IList several ? several : new[] { inputData })
        {
            if (Read(one, out string? fault) is { } text)
                texts.Add(text);
            else if (fault is not null)
                return BindingFaults.Carry(Array.Empty<string>(), fault);
        }
        return texts.Count == 0 && Needed ? BindingFaults.Carry(Array.Empty<string>(), IsMissing) : texts.ToArray();
    }

    private const string IsMissing = "is empty, or missing.";

    private string? Read(object? given, out string? fault)
    {
        string? text = null;
        string? wrong = null;
        switch (Unwrap(given))
        {
            case null:
                break;
            case string whole:
                text = whole;
                break;
            // The typed characters, such as 007, if PowerShell still has them.
            case byte or int or long or BigInteger or char or Guid or Uri or Enum or FileSystemInfo:
                text = given!.ToString();
                break;
            case IList { Count: 1 } one:
                return Read(one[0], out fault);
            case IList { Count: > 0 } lines when Lines && lines.Cast<object?>().All(line => Unwrap(line) is string):
                text = string.Join(Environment.NewLine, lines.Cast<object>());
                break;
            case DateTime or DateTimeOffset:
                wrong = "a date, and how it was written is not known any more; ConvertFrom-Json -DateKind String keeps the text";
                break;
            case float or double or decimal:
                wrong = "a number, and how it was written is not known any more; put it in quotes";
                break;
            case object other:
                wrong = $"of type {other.GetType().Name}{(Lines ? "" : "; the field is one text")}";
                break;
        }
        bool isMissing = Needed && (text is null || (text.Length == 0 && !Empty));
        fault = wrong is null ? (isMissing ? IsMissing : null) : $"takes a text, but the value is {wrong}.";
        return fault is null ? text : null;
    }

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
