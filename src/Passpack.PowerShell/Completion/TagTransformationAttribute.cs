using System.Management.Automation;
using Passpack.Transfer;

namespace Passpack.PowerShell.Completion;

/// <summary>For tags: one or more texts, or a cell of Passpack's export, <c>{"tags":["{\"tag\":\"Servers\"}"]}</c>. A blank cell holds none.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TagTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => Cell.Of(inputData) switch
    {
        null => inputData,
        "" => Array.Empty<string>(),
        string cell when Cell.Holds(cell, "tags") => Cell.Read(cell, "Tags", ModernLayout.ReadTags).ToArray(),
        string tag => new[] { tag },
    };
}
