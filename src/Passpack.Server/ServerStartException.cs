namespace Passpack.Server;

/// <summary>Why a server cannot start: one sentence for its operator.</summary>
public sealed class ServerStartException : Exception
{
    /// <summary>Makes the exception.</summary>
    public ServerStartException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with its cause.</summary>
    public ServerStartException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
