namespace Passpack.Server.Verbs;

/// <summary>One of the things that the program does.</summary>
/// <param name="Name">By which it is asked for.</param>
/// <param name="Summary">A line of the help over all verbs.</param>
/// <param name="Usage">Its own help.</param>
/// <param name="RunAsync">Does it with the rest of the command line, and returns the program's exit code.</param>
/// <param name="Failure">Begins the line that tells why it could not be done.</param>
internal sealed record Verb(
    string Name, string Summary, string Usage, Func<string[], TextWriter, CancellationToken, Task<int>> RunAsync, string Failure);
