using System.Runtime.CompilerServices;

namespace Passpack.PowerShell.Completion;

/// <summary>
/// Faults of values that a parameter does not take. An exception of the binder would put the whole row, secrets included, into the error
/// record. So the transformation binds an object of no meaning that carries the fault, and the cmdlet tells it before it works on the row.
/// </summary>
internal static class BindingFaults
{
    private static readonly ConditionalWeakTable<object, string> s_faults = [];

    /// <summary>Lets an object, which nothing else refers to, carry a fault.</summary>
    /// <param name="carrier">A value of the type that the parameter takes; it is never used.</param>
    /// <param name="fault">Goes on after the name of the parameter; shows no value.</param>
    public static string Carry(string carrier, string fault)
    {
        // Of equal literals there is one object only.
        string own = new(carrier.AsSpan());
        s_faults.Add(own, fault);
        return own;
    }

    /// <summary>The fault, with the name of its parameter; null if every value was taken.</summary>
    public static string? Find(params ReadOnlySpan<(string Name, object? Value)> bound)
    {
        foreach ((string name, object? value) in bound)
        {
            if (value is not null && s_faults.TryGetValue(value, out string? fault))
                return $"-{name} {fault}";
        }
        return null;
    }
}
