using Passpack.Protocol;

namespace Passpack;

/// <summary>
/// Something that the user must know of, with a stable id out of <see cref="Passpack.Protocol.ErrorCodes"/>.
/// The message says what is wrong, where, and what to do next; it never holds a secret,
/// and, whatever names stand in it, nothing that a terminal obeys: it is one line of <see cref="PrintableText"/>.
/// </summary>
public sealed class PasspackException(string errorId, string message, Exception? innerException = null)  :
    Exception(PrintableText.Of(message), innerException)
{
    /// <summary>The stable id: scripts act on it.</summary>
    public string ErrorId { get; } = errorId;

    /// <summary>Whether the server understood a request and will never accept it; else it may have, and the answer was lost.</summary>
    internal bool IsDefinite { get; init; }

    /// <summary>Whether a request was refused for its size, by the server or by what stands in front of it: a smaller one may pass.</summary>
    internal bool IsTooLarge { get; init; }

    /// <summary>The server's code for the error: some codes are between client and server only, and no user meets them as an id.</summary>
    internal string? ServerCode { get; init; }

    /// <summary>Of a push that came too late: how many machines are ahead in the vault's queue. Null: the server does not say.</summary>
    internal int? Ahead { get; init; }

    /// <summary>The one thing that the error is about, such as an entry's id or a file's path. Null if there is none.</summary>
    public object? Target { get; init; }
}
