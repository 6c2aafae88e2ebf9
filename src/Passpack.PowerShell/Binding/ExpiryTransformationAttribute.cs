using System.Management.Automation;
using Passpack.Vault.Fields;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// For expiry: a day, an instant, or a date of .NET. PowerShell itself would read <c>01.12.2026</c> as the 12th of January. Null and an empty text
/// count as not given.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExpiryTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            string text when string.IsNullOrWhiteSpace(text) => null,
            string text => Expiry.Read(text, TimeZoneInfo.Local) is { } time ? time : Refuse("the value is none of them"),
            DateTime time => Expiry.Read(time, TimeZoneInfo.Local),
            DateTimeOffset time => time,
            object other => Refuse($"the value is of type {other.GetType().Name}"),
        };

    private static object Refuse(string reason) => BindingFaults.Carry("?",
        $"takes a day as 2026-12-31, an instant with its offset as 2026-12-31T12:00+01:00, or a date object, but {reason}.");
}
