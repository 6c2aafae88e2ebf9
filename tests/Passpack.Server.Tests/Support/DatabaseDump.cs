using System.Globalization;
using Microsoft.Data.Sqlite;
using Passpack.Server.Storage.Sqlite;

namespace Passpack.Server.Tests.Support;

/// <summary>Everything in a server's database, as text, but for what is counted and when somebody was seen.</summary>
internal static class DatabaseDump
{
    private static readonly string[] s_counters = ["bucket", "known_place", "event_sum", "unknown_refusal"];

    public static string Of(TestServer server, params string[] without)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(server.Folder, PasspackServer.DatabaseName)};Pooling=False");
        connection.Open();
        List<string> tables = connection.All("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", row => row.GetString(0));
        return string.Join('\n', tables.Except(s_counters).Except(without).SelectMany(table => Rows(connection, table)));
    }

    private static List<string> Rows(SqliteConnection connection, string table) => connection.All(
        $"SELECT * FROM {table} ORDER BY 1, 2", row => $"{table}: " + string.Join(", ", Enumerable.Range(0, row.FieldCount)
            .Where(column => row.GetName(column) != "last_seen").Select(column => $"{row.GetName(column)} = {Text(row.GetValue(column))}")));

    private static string Text(object value) => value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
