using System.Text;
using Npgsql;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Values out of rows.</summary>
internal static class RowExtensions
{
    public static byte[] Bytes(this NpgsqlDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static byte[]? BytesOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Bytes(column);

    public static DateTimeOffset Time(this NpgsqlDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    public static long? NumberOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static byte Stream(this NpgsqlDataReader row, int column) => checked((byte)row.GetInt16(column));

    /// <summary>A User ID as it is stored: as bytes, because texts of PostgreSQL cannot hold every character.</summary>
    public static byte[] ToStoredUserId(this string userId) => Encoding.UTF8.GetBytes(userId);

    public static string UserId(this NpgsqlDataReader row, int column) => Encoding.UTF8.GetString(row.Bytes(column));
}
