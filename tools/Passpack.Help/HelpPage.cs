namespace Passpack.Help;

/// <summary>A cmdlet's page under docs/en-US, as CONTRIBUTING.md describes it. All texts are plain: Markdown's marks are taken off.</summary>
public sealed record HelpPage(
    string Name,
    string Synopsis,
    IReadOnlyList<string> Description,
    IReadOnlyList<HelpExample> Examples,
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyList<HelpType> Inputs,
    IReadOnlyList<HelpType> Outputs,
    IReadOnlyList<string> Links);

/// <summary>An example.</summary>
/// <param name="Title">What it is for.</param>
/// <param name="Code">PowerShell, as it is typed.</param>
/// <param name="Remarks">What it shows.</param>
public sealed record HelpExample(string Title, string Code, IReadOnlyList<string> Remarks);

/// <summary>What a cmdlet takes or gives.</summary>
/// <param name="Name">The type's name; None for nothing.</param>
/// <param name="Text">What is done with it.</param>
public sealed record HelpType(string Name, string Text);
