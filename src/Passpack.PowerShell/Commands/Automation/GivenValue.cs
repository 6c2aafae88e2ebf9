using Passpack.Automation.References;

namespace Passpack.PowerShell.Commands;

/// <summary>Where a program gets a value.</summary>
internal enum GivenPlace
{
    /// <summary>A variable of its environment.</summary>
    Variable,

    /// <summary>A file, whose path a variable holds.</summary>
    File,

    /// <summary>Its standard input.</summary>
    Input,
}

/// <summary>A value that a program gets.</summary>
/// <param name="name">The variable's name.</param>
/// <param name="place">Where.</param>
internal sealed class GivenValue(string name, GivenPlace place)
{
    public string Name { get; } = name;

    public GivenPlace Place => place;

    /// <summary>What is to be resolved. Null if the value was given.</summary>
    public SecretReference? Reference { get; init; }

    /// <summary>The variable's value, of a file its path. Null until it is known, and if the variable is taken away.</summary>
    public string? Text { get; set; }

    /// <summary>What a file or the standard input holds.</summary>
    public byte[]? Content { get; set; }

    /// <summary>The name that the file gets.</summary>
    public string FileName { get; set; } = name;

    /// <summary>Whether the variable is taken away.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Whether the value was given as a secret.</summary>
    public bool IsSecret { get; init; }
}
