namespace Passpack.Server.Storage;

/// <summary>Why the database failed.</summary>
internal enum StoreFailure
{
    /// <summary>The database cannot be opened or used: damaged, another program's, of a newer schema, or without permission.</summary>
    Unusable,

    /// <summary>Other processes held the database for too long; a later attempt may work.</summary>
    Busy,

    /// <summary>No space is left.</summary>
    Full,

    /// <summary>The database was lost during a commit: nobody knows yet whether the change was made. Asking again tells.</summary>
    Unsure,
}

/// <summary>The database itself fails. The message is fit for an operator and holds no data.</summary>
internal sealed class StoreException(StoreFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public StoreFailure Failure { get; } = failure;
}
