using Passpack.Automation.Masking;

namespace Passpack.Automation.Running;

/// <summary>What is started, and how.</summary>
public sealed record ChildStart
{
    /// <summary>The program's full path.</summary>
    public required string FilePath { get; init; }

    /// <summary>Its arguments, each passed exactly.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The folder that it starts in.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>All its variables.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>What it reads from its standard input. Null if it has that of this process.</summary>
    public byte[]? StandardInput { get; init; }

    /// <summary>What is taken out of its output. Null if it has the terminal of this process.</summary>
    public SecretMask? Mask { get; init; }

    /// <summary>Where the bytes of its standard output go. Null if they are lines.</summary>
    public Stream? Output { get; init; }
}
