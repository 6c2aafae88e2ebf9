using System.Net.Sockets;
using Npgsql;

namespace Passpack.Server.Storage.Postgres;

/// <summary>What the faults of a database, and of the way to it, mean.</summary>
internal static class PostgresFaults
{
    /// <summary>Whether an exception is of the database or of the way to it. Not everything that breaks a connection comes as an exception of the library.</summary>
    public static bool IsOfDatabase(Exception fault) => fault is NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException;

    /// <summary>Whether the database undid the transaction because of others: a new one may work at once.</summary>
    public static bool IsUndoneForOthers(Exception fault) =>
        fault is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected };

    /// <summary>Whether the connection is gone, as after a restart of the database: another one may work at once.</summary>
    public static bool IsConnectionGone(Exception fault) => fault is PostgresException database
        ? database.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
        : fault is not NpgsqlException { InnerException: TimeoutException } and not TimeoutException;

    /// <summary>Whether a commit that ended like this was not made for certain.</summary>
    public static bool IsSurelyUndone(Exception fault) => fault is PostgresException database && database.SqlState[..2] is "23" or "40" or "53";

    /// <param name="place">Where the database is.</param>
    /// <param name="fault">What happened.</param>
    public static StoreException Translate(string place, Exception fault) => fault switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new(StoreFailure.Full, $"No space is left for {place}.", fault),
        // A standby refuses to write, and to read a table that is not logged, as the queue's is (0A000: nothing else that is asked of it is not supported).
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.FeatureNotSupported } => new(
            StoreFailure.Busy, $"{place} only reads: it is a standby. Name the primary, or all of them with Target Session Attributes=primary.", fault),
        // 08 connection, 40 undone, 53 resources, 55 in use, 57 ended by its operator.
        PostgresException { SqlState: ['0', '8', ..] or ['4', '0', ..] or ['5', '3' or '5' or '7', ..] } database =>
            new(StoreFailure.Busy, $"{place} does not take it now: {Words(database)}", fault),
        PostgresException database => new(StoreFailure.Unusable, $"{place} cannot be used: {Words(database)}", fault),
        _ => new(StoreFailure.Busy, $"{place} cannot be reached: {(fault.InnerException ?? fault).Message}", fault),
    };

    /// <summary>Of a commit of which nobody knows whether it was made.</summary>
    public static StoreException Unsure(string place, Exception fault) =>
        new(StoreFailure.Unsure, $"{place} was lost during a commit, so nobody knows yet whether it was made: {(fault.InnerException ?? fault).Message}", fault);

    // The messages of these classes may quote values.
    private static string Words(PostgresException fault) => fault.SqlState[..2] is "22" or "23" ? $"error {fault.SqlState}." : $"{fault.MessageText} ({fault.SqlState})";
}
