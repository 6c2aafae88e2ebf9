namespace Passpack.Server.Storage;

/// <summary>Values as they are stored.</summary>
internal static class StoredForm
{
    /// <summary>A time: milliseconds of Unix time.</summary>
    public static long ToStored(this DateTimeOffset time) => time.ToUnixTimeMilliseconds();
}
