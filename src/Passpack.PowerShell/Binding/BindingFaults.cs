using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// Faults of invalid parameter values. An exception of PowerShell's binder would put the whole row, with its secrets, into the error record. So the
/// transformation binds a placeholder that carries the fault, and the base of the cmdlets reports the fault before it processes the row.
/// </summary>
internal static class BindingFaults
{
    private static readonly ConditionalWeakTable<object, Fault> s_faults = [];

    /// <summary>Attaches a fault to a placeholder object.</summary>
    /// <param name="carrier">Any value of the parameter's type; it is never used.</param>
    /// <param name="fault">The message after the parameter's name; must not show the value.</param>
    /// <param name="typed">What to say instead if the value was typed and came in no row.</param>
    public static object Carry(object carrier, string fault, string? typed = null)
    {
        // A new object is needed, because equal literals and empty arrays share one.
        object own = carrier switch
        {
            string text => new string(text.AsSpan()),
            string[] => new[] { "?" }, // Not null, because a mandatory array must not contain null.
            _ => carrier,
        };
        s_faults.Add(own, new Fault(fault, typed ?? fault));
        return own;
    }

    /// <summary>Finds the fault of a value, with the name of its parameter. False if the value is valid.</summary>
    public static bool TryFind(string parameter, object? value, bool isTyped, [NotNullWhen(true)] out string? fault)
    {
        fault = value is not null && s_faults.TryGetValue(value, out Fault? found) ? $"-{parameter} {(isTyped ? found.Typed : found.OfRow)}" : null;
        return fault is not null;
    }

    private sealed record Fault(string OfRow, string Typed);
}
