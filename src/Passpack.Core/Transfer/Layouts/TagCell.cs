namespace Passpack.Transfer.Layouts;

/// <summary>
/// The one reader of Tags cells, for files and parameters. A cell is the JSON of Passpack's modern export, <c>{"tags":["{\"tag\":\"Servers\"}"]}</c>,
/// or a plain list separated by commas, <c>Servers, Network</c>.
/// </summary>
public static class TagCell
{
    /// <summary>Reads a cell; a blank one means no tags. In a plain list, tags are trimmed and empty ones dropped.</summary>
    /// <exception cref="FormatException">
    /// The cell begins like JSON, but does not have the form that Passpack writes. The message says what to write, without the content.
    /// </exception>
    public static IReadOnlyList<string> Read(string cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        string text = cell.Trim();
        if (!text.StartsWith('{') && !text.StartsWith("[\"", StringComparison.Ordinal))
            return text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        try
        {
            return ModernLayout.ReadTags(cell);
        }
        catch (FormatException e)
        {
            throw new FormatException($$"""{{e.Message}}; write a plain list (Servers, Network) or {"tags":["{\"tag\":\"Servers\"}"]}""", e);
        }
    }
}
