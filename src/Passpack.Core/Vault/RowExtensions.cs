using Microsoft.Data.Sqlite;

namespace Passpack.Vault;

internal static class RowExtensions
{
    public static Guid GetId(this SqliteDataReader row, int column) => new(row.GetFieldValue<byte[]>(column), bigEndian: true);

    public static byte[] GetBytes(this SqliteDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static byte[]? GetBytesOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    public static long? GetInt64OrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static DateTimeOffset? ToTime(this long? milliseconds) =>
        milliseconds is long value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;
}
