using Microsoft.Data.Sqlite;

namespace Passpack.Vault.Storage;

internal static class RowExtensions
{
    public static Guid GetId(this SqliteDataReader row, int column) => new(row.GetFieldValue<byte[]>(column), bigEndian: true);

    public static byte[] GetBytes(this SqliteDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static byte[]? GetBytesOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    public static long? GetInt64OrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private static readonly long s_least = DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), s_most = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static DateTimeOffset? ToTime(this long? milliseconds) => milliseconds?.ToTime();

    /// <summary>Converts a time. One outside of .NET's range, which another program may have written, becomes the nearest valid one.</summary>
    public static DateTimeOffset ToTime(this long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, s_least, s_most));
}
