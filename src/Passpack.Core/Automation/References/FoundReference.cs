namespace Passpack.Automation.References;

/// <summary>A place in a text that begins as references do.</summary>
/// <param name="Text">From there up to the first character that cannot stand in a reference.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The character in it, from 1.</param>
public sealed record FoundReference(string Text, int Line, int Column);
