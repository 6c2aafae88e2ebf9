namespace Passpack.Help;

/// <summary>The pages of docs/en-US against the cmdlets that there are.</summary>
public sealed class HelpFolder
{
    private readonly Dictionary<string, HelpPage> _pages;
    private readonly IReadOnlyList<CompiledCmdlet> _cmdlets;

    /// <summary>Reads all of them.</summary>
    /// <exception cref="FormatException">A page has not the form of one.</exception>
    public HelpFolder(string pages, string assembly)
    {
        _pages = Directory.GetFiles(pages, "*-*.md").Select(HelpPageReader.Read).ToDictionary(page => page.Name, StringComparer.Ordinal);
        Topics = [.. Directory.GetFiles(pages, "about_*.md").Order(StringComparer.Ordinal)];
        _cmdlets = CompiledCmdlet.ReadAll(assembly);
    }

    /// <summary>The files of the about_ topics.</summary>
    public IReadOnlyList<string> Topics { get; }

    /// <summary>The cmdlets that have a page.</summary>
    public IEnumerable<(CompiledCmdlet Cmdlet, HelpPage Page)> Pages =>
        from cmdlet in _cmdlets where _pages.ContainsKey(cmdlet.Name) select (cmdlet, _pages[cmdlet.Name]);

    /// <summary>What is missing, and what should not be there; a sentence each.</summary>
    public IEnumerable<string> FindProblems() =>
    [
        .. _cmdlets.Where(cmdlet => !_pages.ContainsKey(cmdlet.Name)).Select(cmdlet => $"{cmdlet.Name} has no page."),
        .. _pages.Keys.Except(_cmdlets.Select(cmdlet => cmdlet.Name)).Select(name => $"{name}.md: there is no such cmdlet."),
        .. Pages.SelectMany(one => FindProblems(one.Cmdlet, one.Page)),
    ];

    private IEnumerable<string> FindProblems(CompiledCmdlet cmdlet, HelpPage page)
    {
        string[] parameters = [.. cmdlet.Parameters.Select(parameter => parameter.Name)];
        foreach (string missing in parameters.Where(name => page.Parameters.GetValueOrDefault(name, "").Length == 0))
            yield return $"{page.Name}.md: the parameter -{missing} has no help.";
        foreach (string extra in page.Parameters.Keys.Except(parameters))
            yield return $"{page.Name}.md: there is no parameter -{extra}.";
        if (page.Description.Count == 0)
            yield return $"{page.Name}.md: the description is empty.";
        if (page.Examples.Count < 2)
            yield return $"{page.Name}.md: there are fewer than two examples.";
        foreach (HelpExample mute in page.Examples.Where(example => example.Remarks.Count == 0 || !example.Code.Contains(page.Name, StringComparison.Ordinal)))
            yield return $"{page.Name}.md: the example '{mute.Title}' does not use the cmdlet, or does not say what it shows.";
        string[] outputs = [.. cmdlet.OutputTypes.Where(type => type != "System.Void").DefaultIfEmpty("None")];
        if (!outputs.Order(StringComparer.Ordinal).SequenceEqual(page.Outputs.Select(type => type.Name).Order(StringComparer.Ordinal)))
            yield return $"{page.Name}.md: the outputs are {string.Join(", ", outputs)}.";
        if (page.Inputs.Count == 0)
            yield return $"{page.Name}.md: the inputs are empty; say None.";
        foreach (string dead in page.Links.Where(link => !_pages.ContainsKey(link) && !Topics.Any(topic => Path.GetFileNameWithoutExtension(topic) == link)))
            yield return $"{page.Name}.md: the link {dead} leads nowhere.";
        if (page.Links.Count == 0)
            yield return $"{page.Name}.md: there are no links.";
    }
}
