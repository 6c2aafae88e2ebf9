using System.Management.Automation;
using Passpack.Transfer.Layouts;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For tags: one text is a cell, read as a file's is (<c>{"tags":["{\"tag\":\"Servers\"}"]}</c>, or <c>Servers, Network</c>; a blank one holds none).
/// In an array, each text is one tag, unchanged.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TagTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly TextTransformationAttribute s_texts = new() { Several = true };

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if (inputData is null)
            return null;
        if (Cell.Of(inputData) is not { } cell)
            return s_texts.Transform(engineIntrinsics, inputData);
        try
        {
            return TagCell.Read(cell).ToArray();
        }
        catch (FormatException e)
        {
            return BindingFaults.Carry(Array.Empty<string>(), $"cannot be read: {e.Message}.");
        }
    }
}
