namespace Passpack.Server;

/// <summary>Why a server cannot start: one sentence for who runs it.</summary>
public sealed class ServerStartException : Exception
{
    /// <summary>With the sentence.</summary>
    public ServerStartException(string message)
        : base(message)
    {
    }

    /// <summary>With the sentence and what led to it.</summary>
    public ServerStartException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
