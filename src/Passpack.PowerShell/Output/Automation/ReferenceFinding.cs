using Passpack.Automation.References;

namespace Passpack.PowerShell;

/// <summary>A reference that does not resolve.</summary>
public sealed class ReferenceFinding
{
    internal ReferenceFinding(FoundReference found, string? path, PasspackException error)
    {
        Path = path;
        Line = path is null ? null : found.Line;
        Column = path is null ? null : found.Column;
        // What does not begin as a reference may be a secret that was given by mistake.
        Reference = SecretReference.IsLike(found.Text) ? found.Text : null;
        ErrorId = error.ErrorId;
        Description = error.Message;
    }

    /// <summary>The file's full path. Null if the reference was given by itself.</summary>
    public string? Path { get; }

    /// <summary>The line, from 1. Null likewise.</summary>
    public int? Line { get; }

    /// <summary>The character in the line, from 1. Null likewise.</summary>
    public int? Column { get; }

    /// <summary>The reference as it is written. Null if the text does not begin as references do.</summary>
    public string? Reference { get; }

    /// <summary>The error that resolving it gives.</summary>
    public string ErrorId { get; }

    /// <summary>What is wrong, and what to do.</summary>
    public string Description { get; }
}
