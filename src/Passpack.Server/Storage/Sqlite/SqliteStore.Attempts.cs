using Microsoft.Data.Sqlite;
using Passpack.Server.Login;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Failed logins, counted.</summary>
internal sealed partial class SqliteStore
{
    public Task<TimeSpan?> CountAttemptAsync(AttemptKeys keys, bool proved, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync<TimeSpan?>(
            connection =>
            {
                int ofAccount = FailuresOf(connection, keys.Account, now, LockoutPolicy.FreeFailuresOfAccount, out TimeSpan accountWait);
                int ofAddress = FailuresOf(connection, keys.Address, now, LockoutPolicy.FreeFailuresOfAddress, out TimeSpan addressWait);
                TimeSpan wait = accountWait > addressWait ? accountWait : addressWait;
                if (wait > TimeSpan.Zero)
                    return (Redate(connection, keys, now), wait);

                if (proved)
                {
                    // Not the address: else an attacker with an account of his own could clear it between guesses.
                    int cleared = connection.Run("DELETE FROM failed_login WHERE subject = $subject", ("$subject", keys.Account));
                    return (cleared > 0, null);
                }

                connection.Run("DELETE FROM failed_login WHERE last < $before", ("$before", (now - LockoutPolicy.Memory).ToStored()));
                CountFailure(connection, keys.Account, ofAccount + 1, now);
                CountFailure(connection, keys.Address, ofAddress + 1, now);
                return (true, null);
            },
            cancel);

    private static int FailuresOf(SqliteConnection connection, byte[] subject, DateTimeOffset now, int freeFailures, out TimeSpan wait)
    {
        (int failures, DateTimeOffset last) = connection.First(
            "SELECT failures, last FROM failed_login WHERE subject = $subject",
            row => (row.GetInt32(0), row.Time(1)), ("$subject", subject));
        TimeSpan passed = now - last;
        if (passed > LockoutPolicy.Memory)
            failures = 0;
        TimeSpan full = LockoutPolicy.WaitAfter(failures, freeFailures);
        wait = passed < TimeSpan.Zero ? full : full - passed;
        return failures;
    }

    /// <summary>A clock that was set back must not lengthen the wait: it starts anew.</summary>
    private static bool Redate(SqliteConnection connection, AttemptKeys keys, DateTimeOffset now) => connection.Run(
        "UPDATE failed_login SET last = $now WHERE subject IN ($account, $address) AND last > $now",
        ("$now", now.ToStored()), ("$account", keys.Account), ("$address", keys.Address)) > 0;

    private static void CountFailure(SqliteConnection connection, byte[] subject, int failures, DateTimeOffset now) => connection.Run(
        """
        INSERT INTO failed_login (subject, failures, last) VALUES ($subject, $failures, $now)
        ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, last = excluded.last
        """,
        ("$subject", subject), ("$failures", failures), ("$now", now.ToStored()));
}
