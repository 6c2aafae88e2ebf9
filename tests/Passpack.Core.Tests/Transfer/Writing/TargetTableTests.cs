using System.Text;
using Passpack.Transfer.Writing;

namespace Passpack.Core.Tests.Transfer.Writing;

/// <summary>docs/leaving.md says what each format cannot hold, by the table that the writers tell by. PASSPACK_WRITE_EXPECTED=1 writes it anew.</summary>
public sealed class TargetTableTests
{
    private const string Head = "| --- | --- | --- | --- |\n", End = "<!-- The end of what is made. -->";

    [Fact]
    public void The_docs_tell_of_every_format_what_it_cannot_hold()
    {
        string path = Path.Combine(Path.GetDirectoryName(TransferTests.SamplePath)!, "..", "docs", "leaving.md");
        string text = File.ReadAllText(path).ReplaceLineEndings("\n");
        int start = text.IndexOf(Head, StringComparison.Ordinal) + Head.Length, end = text.IndexOf(End, StringComparison.Ordinal);
        string made = string.Concat(TargetFormats.All.Select(Row));
        if (Environment.GetEnvironmentVariable("PASSPACK_WRITE_EXPECTED") is not null)
            File.WriteAllText(path, text[..start] + made + text[end..], new UTF8Encoding(false));
        else
            Assert.Equal(made, text[start..end]);
    }

    [Fact]
    public void No_format_tells_of_the_same_part_twice() =>
        Assert.All(TargetFormats.All, target => Assert.Equal(target.Losses.Count, target.Losses.Select(loss => loss.What).Distinct().Count()));

    private static string Row(TargetFormat target) => $"| {target.Format} | {target.Program} | {Cell(target, loss => loss.As is null ? loss.What : null)} | " +
        $"{Cell(target, loss => loss.As is { } form ? $"{loss.What} as {form}" : null)} |\n";

    private static string Cell(TargetFormat target, Func<TargetLoss, string?> describe) =>
        string.Join("; ", target.Losses.Select(describe).OfType<string>()).Replace("|", "\\|", StringComparison.Ordinal);
}
