using System.Xml.Linq;

namespace Passpack.Help;

/// <summary>
/// The XML that Get-Help reads: Microsoft Assistance Markup Language, of the schemas in PowerShell's own Schemas/PSMaml folder.
/// </summary>
public static class Maml
{
    // Of Passpack.psd1's ProjectUri: what Get-Help -Online opens.
    private const string Pages = "https://github.com/PasspackPS/PasspackPS/blob/main/docs/en-US/";

    private static readonly XNamespace s_msh = "http://msh";
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private static readonly (string Name, string Alias, string Text)[] s_shouldProcess =
    [
        ("WhatIf", "wi", "Shows what would happen, and changes nothing."),
        ("Confirm", "cf", "Asks before anything is changed; -Confirm:$false asks nothing, for scripts that run unattended."),
    ];

    /// <summary>The help of cmdlets and the pages that say what it does.</summary>
    public static XDocument Write(IEnumerable<(CompiledCmdlet Cmdlet, HelpPage Page)> cmdlets) => new(
        new XDeclaration("1.0", "utf-8", null),
        new XElement(
            s_msh + "helpItems",
            new XAttribute("schema", "maml"),
            cmdlets.Select(one => Command(one.Cmdlet, one.Page))));

    private static XElement Command(CompiledCmdlet cmdlet, HelpPage page) => new(
        s_command + "command",
        new XAttribute(XNamespace.Xmlns + "maml", s_maml),
        new XAttribute(XNamespace.Xmlns + "command", s_command),
        new XAttribute(XNamespace.Xmlns + "dev", s_dev),
        new XElement(
            s_command + "details",
            new XElement(s_command + "name", cmdlet.Name),
            new XElement(s_command + "verb", cmdlet.Verb),
            new XElement(s_command + "noun", cmdlet.Noun),
            Description([page.Synopsis])),
        Description(page.Description),
        new XElement(s_command + "syntax", cmdlet.Sets.Select(set => Syntax(cmdlet, set))),
        new XElement(
            s_command + "parameters",
            cmdlet.Parameters.OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
                .Select(parameter => Parameter(parameter, parameter.Overall, page, inSyntax: false)),
            ShouldProcess(cmdlet)),
        new XElement(s_command + "inputTypes", page.Inputs.Select(type => TypeOf(s_command + "inputType", type))),
        new XElement(s_command + "returnValues", page.Outputs.Select(type => TypeOf(s_command + "returnValue", type))),
        new XElement(s_command + "examples", page.Examples.Select(Example)),
        new XElement(
            s_command + "relatedLinks",
            page.Links.Select(link => Link(link, "")).Prepend(Link("Online Version:", $"{Pages}{cmdlet.Name}.md"))));

    private static XElement Link(string text, string address) =>
        new(s_maml + "navigationLink", new XElement(s_maml + "linkText", text), new XElement(s_maml + "uri", address));

    private static XElement Syntax(CompiledCmdlet cmdlet, string? set) => new(
        s_command + "syntaxItem",
        new XElement(s_maml + "name", cmdlet.Name),
        cmdlet.InSet(set).Select(one => Parameter(one.Parameter, one.Use, page: null, inSyntax: true)),
        ShouldProcess(cmdlet));

    private static XElement Parameter(CompiledParameter parameter, ParameterUse use, HelpPage? page, bool inSyntax) => new(
        s_command + "parameter",
        new XAttribute("required", Lower(use.Mandatory)),
        new XAttribute("variableLength", "true"),
        new XAttribute("globbing", Lower(parameter.Wildcards)),
        new XAttribute("pipelineInput", use.PipelineInput),
        new XAttribute("position", use.Position is int position ? $"{position}" : "named"),
        new XAttribute("aliases", parameter.Aliases.Count > 0 ? string.Join(", ", parameter.Aliases) : "none"),
        new XElement(s_maml + "name", parameter.Name),
        Description(page is null ? [] : page.Parameters.GetValueOrDefault(parameter.Name, "").Split("\n\n")),
        inSyntax && parameter.Values.Count > 0
            ? new XElement(s_command + "parameterValueGroup", parameter.Values.Select(value => Value(value, required: false))) : null,
        parameter.IsSwitch && inSyntax ? null : Value(parameter.IsSwitch ? "SwitchParameter" : parameter.ShortType, required: !parameter.IsSwitch),
        TypeName(parameter.Type),
        new XElement(s_dev + "defaultValue", parameter.Default));

    private static IEnumerable<XElement> ShouldProcess(CompiledCmdlet cmdlet) => !cmdlet.SupportsShouldProcess ? [] :
        from common in s_shouldProcess
        select new XElement(
            s_command + "parameter",
            new XAttribute("required", "false"),
            new XAttribute("variableLength", "true"),
            new XAttribute("globbing", "false"),
            new XAttribute("pipelineInput", "False"),
            new XAttribute("position", "named"),
            new XAttribute("aliases", common.Alias),
            new XElement(s_maml + "name", common.Name),
            Description([common.Text]),
            TypeName("System.Management.Automation.SwitchParameter"),
            new XElement(s_dev + "defaultValue", "False"));

    private static XElement Example(HelpExample example, int index) => new(
        s_command + "example",
        new XElement(s_maml + "title", $"Example {index + 1}: {example.Title}"),
        new XElement(s_dev + "code", example.Code),
        // Get-Help runs the first paragraph and the next example together without the empty ones.
        new XElement(s_dev + "remarks", example.Remarks.Append("").Select(Paragraph)));

    private static XElement TypeOf(XName name, HelpType type) => new(name, TypeName(type.Name), Description([type.Text]));

    private static XElement TypeName(string name) => new(s_dev + "type", new XElement(s_maml + "name", name), new XElement(s_maml + "uri"));

    private static XElement Value(string value, bool required) =>
        new(s_command + "parameterValue", new XAttribute("required", Lower(required)), new XAttribute("variableLength", "false"), value);

    private static XElement Description(IEnumerable<string> paragraphs) => new(s_maml + "description", paragraphs.Select(Paragraph));

    private static XElement Paragraph(string text) => new(s_maml + "para", text);

    private static string Lower(bool value) => value ? "true" : "false";
}
