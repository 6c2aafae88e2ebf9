using System.Collections;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Passpack.Server.Storage.Postgres;
using Passpack.Server.Storage.Sqlite;

namespace Passpack.Server.Storage.Migration;

/// <summary>
/// Copies everything that a store holds into an empty one of the other kind, reads both again, row by row, and keeps the copy only if they are the same. The
/// source is left as it is.
/// </summary>
internal static class StoreMigration
{
    /// <param name="file">The database of SQLite.</param>
    /// <param name="database">The database of PostgreSQL.</param>
    /// <param name="toPostgres">Whether the file is the source.</param>
    /// <param name="cancel">Gives up, and leaves the target empty.</param>
    /// <returns>How many rows each table has.</returns>
    /// <exception cref="StoreException">One is in use, the source's schema is another one, or the target is not empty.</exception>
    public static async Task<IReadOnlyList<(string Table, long Rows)>> RunAsync(string file, PostgresAddress database, bool toPostgres, CancellationToken cancel)
    {
        IStoreInspection inSqlite = new SqliteInspection(file), inPostgres = new PostgresInspection(database);
        StoreFindings source = await (toPostgres ? inSqlite : inPostgres).InspectAsync(cancel);
        if (source.Schema != source.KnownSchema)
        {
            throw new StoreException(StoreFailure.Unusable, string.Create(
                CultureInfo.InvariantCulture, $"the source has schema {source.Schema}, and this program {source.KnownSchema}: start its server once, and stop it again."));
        }

        if (toPostgres)
        {
            using var target = new PostgresStore(database);
            await target.PrepareAsync(cancel);
        }
        else
        {
            using var target = new SqliteStore(file);
            await target.PrepareAsync(cancel);
        }

        try
        {
            await using PostgresSide postgres = await PostgresSide.OpenAsync(database, cancel);
            await using SqliteSide sqlite = SqliteSide.Open(file);
            return await CopyAsync(toPostgres ? sqlite : postgres, toPostgres ? postgres : sqlite, postgres, cancel);
        }
        catch (SqliteException e)
        {
            throw SqliteStore.Translate(file, e);
        }
        catch (Exception e) when (PostgresFaults.IsOfDatabase(e))
        {
            throw PostgresFaults.Translate(database.ToString(), e);
        }
    }

    private static async Task<IReadOnlyList<(string, long)>> CopyAsync(IMigrationSide from, IMigrationSide to, PostgresSide types, CancellationToken cancel)
    {
        var tables = new List<(string Name, string Key, IReadOnlyList<StoreColumn> Columns)>();
        foreach ((string name, string key) in StoreTables.All)
        {
            StoreColumn[] columns = [.. (await types.TypesAsync(name, cancel)).Where(column => !StoreTables.MadeByItself.Contains($"{name}.{column.Name}"))];
            foreach (IMigrationSide side in new[] { from, to })
                RequireColumns(name, columns, await side.ColumnsAsync(name, cancel));
            tables.Add((name, key, columns));
        }

        foreach ((string name, string key, IReadOnlyList<StoreColumn> columns) in tables.Where(table => table.Name != "server"))
        {
            await foreach (object?[] _ in to.ReadAsync(name, key, columns, cancel))
                throw new StoreException(StoreFailure.Unusable, $"the target is not empty: its table {name} has rows. Name an empty one.");
        }

        foreach ((string name, string key, IReadOnlyList<StoreColumn> columns) in tables)
            await to.WriteAsync(name, columns, from.ReadAsync(name, key, columns, cancel), cancel);
        var counts = new List<(string, long)>();
        foreach ((string name, string key, IReadOnlyList<StoreColumn> columns) in tables)
            counts.Add((name, await CompareAsync(name, from.ReadAsync(name, key, columns, cancel), to.ReadAsync(name, key, columns, cancel), cancel)));
        await to.CommitAsync(cancel);
        return counts;
    }

    /// <summary>A column that is not known to both would be lost.</summary>
    private static void RequireColumns(string table, IReadOnlyList<StoreColumn> columns, IReadOnlyList<string> there)
    {
        string[] differ = [.. there.Where(name => !StoreTables.MadeByItself.Contains($"{table}.{name}")).Except(columns.Select(column => column.Name))];
        string[] lacking = [.. columns.Select(column => column.Name).Except(there)];
        if (differ.Length + lacking.Length > 0)
            throw new StoreException(StoreFailure.Unusable, $"table {table} has other columns in the other kind of database: {string.Join(", ", differ.Concat(lacking))}.");
    }

    private static async Task<long> CompareAsync(string table, IAsyncEnumerable<object?[]> source, IAsyncEnumerable<object?[]> copy, CancellationToken cancel)
    {
        await using IAsyncEnumerator<object?[]> before = source.GetAsyncEnumerator(cancel), after = copy.GetAsyncEnumerator(cancel);
        for (long rows = 0; ; rows++)
        {
            bool more = await before.MoveNextAsync();
            if (more != await after.MoveNextAsync() || (more && !before.Current.Zip(after.Current).All(pair => IsSame(pair.First, pair.Second))))
            {
                throw new StoreException(StoreFailure.Unusable, string.Create(
                    CultureInfo.InvariantCulture, $"row {rows + 1} of table {table} is not the same in the copy. Nothing was kept."));
            }

            if (!more)
                return rows;
        }
    }

    private static bool IsSame(object? one, object? other) => StructuralComparisons.StructuralEqualityComparer.Equals(one, other);
}
