using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// Binds whatever is no rotation as none: the cmdlet then says which it wants. PowerShell's own conversion would throw for each row, and show it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RotationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) as Rotation;
}
