using Passpack.Protocol;

namespace Passpack.Server.Verbs.HealthChecks;

/// <summary>What one check found.</summary>
/// <param name="Check">The check's name, which never changes.</param>
/// <param name="Text">What is so.</param>
/// <param name="Help">What to do about it. Null if it is fine.</param>
internal sealed record Finding(string Check, string Text, string? Help = null)
{
    public bool Passed => Help is null;

    /// <summary>A line that begins with PASS; or one with WARN, and one with HELP below it.</summary>
    public IEnumerable<string> ToLines() => Passed
        ? [$"PASS {Check}: {PrintableText.Of(Text)}"]
        : [$"WARN {Check}: {PrintableText.Of(Text)}", $"HELP {Check}: {PrintableText.Of(Help!)}"];
}
