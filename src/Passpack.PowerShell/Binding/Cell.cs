using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>Recognises cells of Passpack's modern export among texts.</summary>
internal static class Cell
{
    /// <summary>The trimmed text of a value. Null if the value is not a text.</summary>
    public static string? Of(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) is string text ? text.Trim() : null;

    /// <summary>Whether a text looks like a cell; then it has to be a valid one.</summary>
    public static bool Holds(string text, string name) =>
        text.StartsWith('{') && text[1..].TrimStart().StartsWith($"\"{name}\"", StringComparison.Ordinal);
}
