using System.Globalization;
using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For codes of a second factor: as <see cref="SecretTransformationAttribute"/>, and takes a number, too. A code has six digits, so the zeros before it that
/// a number has lost are known.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecondFactorTransformationAttribute : ArgumentTransformationAttribute
{
    private readonly SecretTransformationAttribute _secret = new();

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is int and >= 0 and <= 999_999 and var number
            ? SecureStrings.Of(number.ToString("D6", CultureInfo.InvariantCulture))
            : _secret.Transform(engineIntrinsics, inputData!);
}
