using Passpack.Help;
using Xunit;

namespace Passpack.PowerShell.Tests;

/// <summary>docs/en-US says something of every cmdlet and parameter that there is, and of nothing else.</summary>
public sealed class HelpTests
{
    private static readonly string s_pages = Path.Combine(Built.RepositoryRoot, "docs", "en-US");
    private static readonly string s_assembly = Path.Combine(Built.ModuleFolder, "Passpack.PowerShell.dll");

    [Fact]
    public void Every_cmdlet_and_parameter_has_help() => Assert.Empty(new HelpFolder(s_pages, s_assembly).FindProblems());

    [Fact]
    public void Every_error_that_a_user_meets_is_explained()
    {
        IEnumerable<string> own = Built.PowerShell.GetType("Passpack.PowerShell.ErrorRecords").Fields
            .Where(field => field.HasConstant).Select(field => (string)field.Constant);
        IEnumerable<string> explained = File.ReadLines(Path.Combine(s_pages, "about_Passpack_Errors.md"))
            .Where(line => line.StartsWith("### ", StringComparison.Ordinal)).Select(line => line[4..]);
        Assert.Equal(ErrorRecordsTests.MetByUsers.Concat(own).Order(), explained.Order());
    }

    [Theory]
    [InlineData("### -All\n", "### -Everything\n", "the parameter -All has no help", "there is no parameter -Everything")]
    [InlineData("The account shows as locked.\n", "", "does not say what it shows")]
    [InlineData("None\n\n## Links", "System.String: a text.\n\n## Links", "the outputs are None")]
    [InlineData("(Unlock-PasspackVault.md)\n", "(Unlock-PasspackVault.md)\n- about_Nothing\n", "the link about_Nothing leads nowhere")]
    public void A_page_that_lacks_something_is_found(string written, string instead, params string[] found)
    {
        string[] problems = [.. Problems(text => text.Replace(written, instead, StringComparison.Ordinal))];
        Assert.Equal(found.Count(one => one.Length > 0), problems.Length);
        Assert.All(found.Zip(problems), one => Assert.Contains(one.First, one.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void An_example_too_few_is_found() =>
        Assert.Contains("fewer than two examples", Assert.Single(Problems(text => Without(text, "### Lock everything", "## Parameters"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("# Lock-PasspackVault\n", "# Another\n", "the first line is '# Lock-PasspackVault'")]
    [InlineData("## Inputs", "## Input", "the sections are Description, Examples, Parameters, Inputs, Outputs, Links")]
    [InlineData("Lock-PasspackVault -All\n```", "Lock-PasspackVault -All", "a block of code has no end")]
    [InlineData("```powershell\nLock-PasspackVault -All\n```", "No code.", "the example 'Lock everything' is one block")]
    [InlineData("## Parameters\n", "## Parameters\n\nAll of them.\n", "'All of them.' belongs to no heading")]
    public void A_page_of_another_form_is_refused(string written, string instead, string message)
    {
        string page = File.ReadAllText(Path.Combine(s_pages, "Lock-PasspackVault.md")).Replace(written, instead, StringComparison.Ordinal);
        FormatException refused = Assert.Throws<FormatException>(() => HelpPageReader.Parse(page, "Lock-PasspackVault.md"));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_without_a_cmdlet_and_a_cmdlet_without_a_page_are_found()
    {
        string[] problems = [.. Problems(text => text.Replace("# Lock-PasspackVault\n", "# Lock-PasspackVaults\n", StringComparison.Ordinal), "Lock-PasspackVaults.md")];
        Assert.Contains("Lock-PasspackVault has no page.", problems);
        Assert.Contains("Lock-PasspackVaults.md: there is no such cmdlet.", problems);
    }

    [Fact]
    public void An_about_topic_becomes_text_of_80_columns()
    {
        string text = AboutText.Parse(
            "# about_X\n\nOne `line`.\n\n## Long description\n\n" + string.Concat(Enumerable.Repeat("word ", 40))
            + "\n\n- an item\n- another,\n  longer one\n\n```powershell\nGet-It\n\n    indented\n```\n\n### Part\nSee [there](there.md).\n",
            "about_X");
        string words = string.Join(' ', Enumerable.Repeat("word", 15));
        Assert.Equal(
            $"TOPIC\n    about_X\n\nSHORT DESCRIPTION\n    One line.\n\nLONG DESCRIPTION\n    {words}\n    {words}\n    {string.Join(' ', Enumerable.Repeat("word", 10))}\n\n"
            + "    - an item\n    - another, longer one\n\n        Get-It\n\n            indented\n\n  Part\n    See there.\n",
            text);
    }

    private static string Without(string text, string from, string to) =>
        text.Remove(text.IndexOf(from, StringComparison.Ordinal), text.IndexOf(to, StringComparison.Ordinal) - text.IndexOf(from, StringComparison.Ordinal));

    // All pages as they are, but for one that is changed.
    private static IEnumerable<string> Problems(Func<string, string> change, string rename = "Lock-PasspackVault.md")
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("passpack-help-");
        try
        {
            foreach (string page in Directory.GetFiles(s_pages, "*.md"))
            {
                bool changed = Path.GetFileName(page) == "Lock-PasspackVault.md";
                string text = File.ReadAllText(page);
                File.WriteAllText(Path.Combine(folder.FullName, changed ? rename : Path.GetFileName(page)), changed ? change(text) : text);
            }
            return [.. new HelpFolder(folder.FullName, s_assembly).FindProblems().Except(new HelpFolder(s_pages, s_assembly).FindProblems())];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
