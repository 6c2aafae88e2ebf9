using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Helpers that keep each statement on one line. Values are always bound, never part of the text.</summary>
internal static class SqlExtensions
{
    /// <summary>A statement with its values, named as in the text.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "The text is a constant of this folder; values are bound.")]
    public static SqliteCommand Sql(this SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        foreach ((string name, object? value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    public static int Run(this SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using SqliteCommand command = connection.Sql(text, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>Reads the first row. The default value if there is none.</summary>
    public static T? First<T>(
        this SqliteConnection connection, string text, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using SqliteCommand command = connection.Sql(text, values);
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() ? read(reader) : default;
    }

    /// <summary>Reads all rows.</summary>
    public static List<T> All<T>(
        this SqliteConnection connection, string text, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using SqliteCommand command = connection.Sql(text, values);
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    public static byte[] Bytes(this SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    public static Guid Id(this SqliteDataReader reader, int column) => new(reader.Bytes(column), bigEndian: true);

    public static DateTimeOffset Time(this SqliteDataReader reader, int column) =>
        DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    /// <summary>An id as it is stored.</summary>
    public static byte[] ToStored(this Guid id) => id.ToByteArray(bigEndian: true);
}
