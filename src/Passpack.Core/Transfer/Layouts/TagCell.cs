namespace Passpack.Transfer.Layouts;

/// <summary>
/// The one reading of a Tags cell, wherever one comes from: what Passpack's modern export writes, <c>{"tags":["{\"tag\":\"Servers\"}"]}</c>, or a
/// plain list separated by commas, <c>Servers, Network</c>.
/// </summary>
public static class TagCell
{
    /// <summary>Reads a cell; a blank one means no tags. Of a plain list each tag is trimmed, and what is empty is none.</summary>
    /// <exception cref="FormatException">It begins as JSON and is not what Passpack writes; the message says what to write, without its content.</exception>
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
