using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Passpack.Server.Storage.Sqlite;

namespace Passpack.Server.Tests.Support;

/// <summary>Everything in a server's database, as text, but for what is counted and when somebody was seen.</summary>
internal static class DatabaseDump
{
    private static readonly string[] s_counters = ["bucket", "known_place", "event_sum", "unknown_refusal"];

    public static string Of(TestServer server, params string[] without)
    {
        if (server.Database is { } database)
            return OfPostgres(database, without);
        using var connection = new SqliteConnection($"Data Source={Path.Combine(server.Folder, PasspackServer.DatabaseName)};Pooling=False");
        connection.Open();
        List<string> tables = connection.All("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", row => row.GetString(0));
        return string.Join('\n', tables.Except(s_counters).Except(without).SelectMany(table => Rows(connection, table)));
    }

    private static List<string> Rows(SqliteConnection connection, string table) => connection.All(
        $"SELECT * FROM {table} ORDER BY 1, 2", row => $"{table}: " + string.Join(", ", Enumerable.Range(0, row.FieldCount)
            .Where(column => row.GetName(column) != "last_seen").Select(column => $"{row.GetName(column)} = {Text(row.GetValue(column))}")));

    private static string OfPostgres(string database, string[] without)
    {
        using var connection = new NpgsqlConnection(database + ";Pooling=false");
        connection.Open();
        // Whose push comes next is no part of what an account has; SQLite keeps it in memory.
        List<string> tables = [.. Read(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'push_queue' ORDER BY 1", row => (string)row[0])];
        return string.Join('\n', tables.Except(s_counters).Except(without).SelectMany(table => Read(
            connection, $"SELECT * FROM {table} ORDER BY 1, 2", row => $"{table}: " + string.Join(", ", Enumerable.Range(0, row.FieldCount)
                .Where(column => row.GetName(column) != "last_seen").Select(column => $"{row.GetName(column)} = {Text(row.GetValue(column))}")))));
    }

    private static List<string> Read(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, string> read)
    {
        using var command = new NpgsqlCommand(sql, connection);
        using NpgsqlDataReader reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    private static string Text(object value) => value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
