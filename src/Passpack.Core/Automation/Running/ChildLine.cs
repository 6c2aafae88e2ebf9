namespace Passpack.Automation.Running;

/// <summary>A line that a child process printed, masked.</summary>
/// <param name="Text">Without its end.</param>
/// <param name="IsError">Whether it came from the error stream.</param>
public sealed record ChildLine(string Text, bool IsError);
