namespace Passpack.Server.Storage;

/// <summary>Why the database could not do what it was asked for.</summary>
internal enum StoreFailure
{
    /// <summary>It cannot be opened or used: damaged, not ours, of a newer schema, no permission.</summary>
    Unusable,

    /// <summary>Others held it for too long; later it may work.</summary>
    Busy,

    /// <summary>No space is left.</summary>
    Full,
}

/// <summary>The database itself fails. The message is fit for an operator and holds no data.</summary>
internal sealed class StoreException(StoreFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public StoreFailure Failure { get; } = failure;
}
