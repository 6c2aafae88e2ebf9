using System.Management.Automation;

namespace Passpack.PowerShell.Completion;

/// <summary>A cell of Passpack's modern export, where a text may be one.</summary>
internal static class Cell
{
    /// <summary>The text, if it is one, without white space around it; null: something else.</summary>
    public static string? Of(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) is string text ? text.Trim() : null;

    /// <summary>Whether it looks like a cell; then it has to be one.</summary>
    public static bool Holds(string text, string name) =>
        text.StartsWith('{') && text[1..].TrimStart().StartsWith($"\"{name}\"", StringComparison.Ordinal);
}
