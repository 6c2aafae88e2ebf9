using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Passpack.Server.Storage.Postgres;

/// <summary>
/// Statements on one connection. What is asked waits until it is sent, and all that waits goes in one round trip: that is what a request takes time for.
/// Values are always bound, never part of a text.
/// </summary>
internal sealed class PostgresWork(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancel)
{
    private readonly List<(NpgsqlBatchCommand Command, Func<NpgsqlDataReader, Task>? Read)> waiting = [];

    /// <summary>What this work appended to logs.</summary>
    public List<StoredEvent> Appended { get; } = [];

    /// <summary>Adds a statement that returns no rows. How many it changed stands in the result, once it was sent.</summary>
    public NpgsqlBatchCommand Run(string text, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        NpgsqlBatchCommand command = Sql(text, values);
        waiting.Add((command, null));
        return command;
    }

    /// <summary>Adds a query. Its rows stand in the result, once it was sent.</summary>
    public List<T> All<T>(string text, Func<NpgsqlDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var rows = new List<T>();
        waiting.Add((Sql(text, values), async reader =>
        {
            while (await reader.ReadAsync(cancel))
                rows.Add(read(reader));
        }));
        return rows;
    }

    /// <summary>Sends what waits, and a statement that returns no rows. How many it changed.</summary>
    public Task<int> RunNowAsync(string text, params ReadOnlySpan<(string Name, object? Value)> values) => SentAsync(Run(text, values));

    /// <summary>Sends what waits, and a query, of which it returns the first row. The default value if there is none.</summary>
    public Task<T?> FirstNowAsync<T>(string text, Func<NpgsqlDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> values) =>
        FirstAsync(All(text, read, values));

    /// <summary>Sends what waits, and a query, of which it returns all rows.</summary>
    public Task<List<T>> AllNowAsync<T>(string text, Func<NpgsqlDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> values) =>
        SentAsync(All(text, read, values));

    /// <summary>Sends what waits.</summary>
    public async Task SendAsync()
    {
        if (waiting.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach ((NpgsqlBatchCommand command, _) in waiting)
            batch.BatchCommands.Add(command);
        await using (NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancel))
        {
            // A result for each statement that returns rows, in their order.
            foreach ((_, Func<NpgsqlDataReader, Task>? read) in waiting)
            {
                if (read is null)
                    continue;
                await read(reader);
                await reader.NextResultAsync(cancel);
            }
        }

        waiting.Clear();
    }

    /// <summary>Runs statements without values, which may be many.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "The text is a constant of this folder.")]
    public async Task RunScriptAsync(string text)
    {
        await SendAsync();
        await using var command = new NpgsqlCommand(text, connection, transaction);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<T?> FirstAsync<T>(List<T> rows)
    {
        await SendAsync();
        return rows.Count == 0 ? default : rows[0];
    }

    private async Task<List<T>> SentAsync<T>(List<T> rows)
    {
        await SendAsync();
        return rows;
    }

    private async Task<int> SentAsync(NpgsqlBatchCommand command)
    {
        await SendAsync();
        return command.RecordsAffected;
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text is a constant of this folder; values are bound.")]
    private static NpgsqlBatchCommand Sql(string text, ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach ((string name, object? value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
