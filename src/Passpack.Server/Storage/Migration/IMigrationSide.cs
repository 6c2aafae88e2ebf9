namespace Passpack.Server.Storage.Migration;

/// <summary>One side of a migration. Nobody else writes to it until it is closed.</summary>
internal interface IMigrationSide : IAsyncDisposable
{
    /// <summary>The names of a table's columns.</summary>
    Task<IReadOnlyList<string>> ColumnsAsync(string table, CancellationToken cancel);

    /// <summary>All rows of a table in the order of their keys: values as PostgreSQL has them.</summary>
    IAsyncEnumerable<object?[]> ReadAsync(string table, string key, IReadOnlyList<StoreColumn> columns, CancellationToken cancel);

    /// <summary>Adds rows to a table.</summary>
    Task WriteAsync(string table, IReadOnlyList<StoreColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken cancel);

    /// <summary>Keeps what was written.</summary>
    Task CommitAsync(CancellationToken cancel);
}
