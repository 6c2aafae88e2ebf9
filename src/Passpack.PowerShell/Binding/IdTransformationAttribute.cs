using System.Collections;
using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>For the ids of entries: one or more, as Guid or as text.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IdTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = Unwrap(inputData);
        var ids = new List<Guid>();
        foreach (object? one in value is IList several ? several : new[] { value })
        {
            if (Unwrap(one) is Guid id || (Unwrap(one) is string text && Guid.TryParse(text, out id)))
                ids.Add(id);
            else
                return BindingFaults.Carry(new Guid[1], $"takes ids of entries, and the value is none; Get-PasspackEntry shows ids.");
        }
        return ids.Count > 0 ? ids.ToArray() : BindingFaults.Carry(new Guid[1], "is empty.");
    }

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
