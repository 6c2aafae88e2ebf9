namespace Passpack.Automation.References;

/// <summary>Why a text is no reference.</summary>
/// <param name="Reason">The reason, without the text.</param>
/// <param name="Position">The character that it is about, from 1.</param>
public sealed record ReferenceFault(string Reason, int Position);
