using Npgsql;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Postgres;

namespace Passpack.Server.Hosting;

/// <summary>
/// The time of a database that several nodes share: they decide by one clock, however theirs are set. It is read again and again, and goes on in between by
/// the time that has passed here, which no setting of a clock changes.
/// </summary>
internal sealed class DatabaseClock(TimeProvider local, PostgresAddress database) : TimeProvider, IDisposable
{
    // A reading that took longer says little.
    private static readonly TimeSpan s_mostWay = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource source = database.Open();
    private volatile Reading? reading;

    public override DateTimeOffset GetUtcNow() => reading is { } last ? last.Time + local.GetElapsedTime(last.Timestamp) : local.GetUtcNow();

    public override long TimestampFrequency => local.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => local.LocalTimeZone;

    public override long GetTimestamp() => local.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => local.CreateTimer(callback, state, dueTime, period);

    /// <summary>Reads the database's time.</summary>
    /// <exception cref="StoreException">The database is away.</exception>
    public async Task ReadAsync(CancellationToken cancel)
    {
        try
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancel);
            await using var command = new NpgsqlCommand("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", connection);
            long begin = local.GetTimestamp();
            var time = DateTimeOffset.FromUnixTimeMilliseconds((long)(await command.ExecuteScalarAsync(cancel))!);
            TimeSpan way = local.GetElapsedTime(begin);
            if (reading is null || way < s_mostWay)
                reading = new Reading(time + (way / 2), local.GetTimestamp());
        }
        catch (Exception e) when (PostgresFaults.IsOfDatabase(e))
        {
            cancel.ThrowIfCancellationRequested();
            throw PostgresFaults.Translate(database.ToString(), e);
        }
    }

    public void Dispose() => source.Dispose();

    private sealed record Reading(DateTimeOffset Time, long Timestamp);
}
