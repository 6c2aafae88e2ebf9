using Passpack.Automation.References;

namespace Passpack.Automation.Templates;

/// <summary>A part of a template: a text that stays, or a place for what a reference stands for.</summary>
/// <param name="Text">The text. Empty for a place.</param>
/// <param name="Reference">The reference. Null for a text.</param>
/// <param name="Filter">How the value is written.</param>
/// <param name="Line">Where the place begins: the line, from 1.</param>
/// <param name="Column">The character in it, from 1.</param>
public sealed record TemplatePart(string Text, SecretReference? Reference, TemplateFilter Filter, int Line, int Column);
