using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// Faults of values that a parameter does not take. An exception of the binder would put the whole row, secrets included, into the error
/// record. So the transformation binds an object of no meaning that carries the fault, and the base of the cmdlets tells it before it works
/// on the row.
/// </summary>
internal static class BindingFaults
{
    private static readonly ConditionalWeakTable<object, Fault> s_faults = [];

    /// <summary>Lets an object, which nothing else refers to, carry a fault.</summary>
    /// <param name="carrier">A value of the type that the parameter takes; it is never used.</param>
    /// <param name="fault">Goes on after the name of the parameter; shows no value.</param>
    /// <param name="typed">What to say instead if the value was typed and came in no row.</param>
    public static object Carry(object carrier, string fault, string? typed = null)
    {
        // Of equal literals there is one object only, and of empty arrays.
        object own = carrier switch
        {
            string text => new string(text.AsSpan()),
            string[] => new[] { "?" }, // A mandatory one must have no element that is null.
            _ => carrier,
        };
        s_faults.Add(own, new Fault(fault, typed ?? fault));
        return own;
    }

    /// <summary>The fault, with the name of its parameter; null if the value was taken.</summary>
    public static bool TryFind(string parameter, object? value, bool isTyped, [NotNullWhen(true)] out string? fault)
    {
        fault = value is not null && s_faults.TryGetValue(value, out Fault? found) ? $"-{parameter} {(isTyped ? found.Typed : found.OfRow)}" : null;
        return fault is not null;
    }

    private sealed record Fault(string OfRow, string Typed);
}
