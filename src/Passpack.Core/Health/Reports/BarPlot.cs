using System.Globalization;
using System.Text;

namespace Passpack.Health.Reports;

/// <summary>One bar of a plot.</summary>
/// <param name="Label">What it counts.</param>
/// <param name="Count">How many.</param>
/// <param name="Tone">The class of its colour.</param>
internal sealed record Bar(string Label, int Count, string Tone);

/// <summary>A distribution as bars, in SVG: every number is written beside its bar, and all of them are in its text alternative.</summary>
internal static class BarPlot
{
    private const int Width = 360, Row = 28, Left = 118, Right = 44, Thick = 16;

    /// <param name="id">Of its title, in the page.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="bars">From the top.</param>
    public static string Draw(string id, string title, IReadOnlyList<Bar> bars)
    {
        int most = Math.Max(1, bars.Max(bar => bar.Count)), room = Width - Left - Right;
        string told = string.Join("; ", bars.Select(bar => string.Create(CultureInfo.InvariantCulture, $"{bar.Label}: {bar.Count:N0}")));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"""<svg class="plot" viewBox="0 0 {Width} {bars.Count * Row}" role="img" aria-labelledby="{id}-title {id}-text">""");
        svg.Append(CultureInfo.InvariantCulture, $"""<title id="{id}-title">{title}</title><desc id="{id}-text">{told}.</desc>""").Append('\n');
        foreach ((int i, Bar bar) in bars.Select((bar, i) => (i, bar)))
        {
            int top = i * Row + (Row - Thick) / 2, text = i * Row + Row / 2 + 5;
            // What is there has a bar that can be seen.
            double length = bar.Count == 0 ? 0 : Math.Max(3, (double)room * bar.Count / most);
            svg.Append(CultureInfo.InvariantCulture, $"""<text class="end" x="{Left - 10}" y="{text}">{bar.Label}</text>""");
            svg.Append(CultureInfo.InvariantCulture, $"""<rect class="track" x="{Left}" y="{top}" width="{room}" height="{Thick}" rx="4"/>""");
            if (bar.Count > 0)
            {
                svg.Append(CultureInfo.InvariantCulture,
                    $"""<rect class="bar {bar.Tone}" x="{Left}" y="{top}" width="{length:0.#}" height="{Thick}" rx="4"/>""");
            }
            svg.Append(CultureInfo.InvariantCulture, $"""<text class="end" x="{Width - 2}" y="{text}">{bar.Count:N0}</text>""").Append('\n');
        }
        return svg.Append("</svg>\n").ToString();
    }
}
