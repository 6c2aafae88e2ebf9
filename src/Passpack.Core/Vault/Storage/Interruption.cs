using Microsoft.Data.Sqlite;

namespace Passpack.Vault.Storage;

/// <summary>Interrupts what a connection is reading once a token is cancelled.</summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(100);

    private readonly SqliteConnection _connection;
    private readonly CancellationTokenRegistration _registration;
    private Timer? _timer;

    private Interruption(SqliteConnection connection, CancellationToken stopping)
    {
        _connection = connection;
        _registration = stopping.UnsafeRegister(static state => ((Interruption)state!).Start(), this);
    }

    /// <summary>Null where nothing can stop it.</summary>
    public static Interruption? Of(SqliteConnection connection, CancellationToken stopping) =>
        stopping.CanBeCanceled ? new Interruption(connection, stopping) : null;

    public void Dispose()
    {
        _registration.Dispose();
        // Waits for one that is under way, which would meet the next statement.
        _timer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    // Again and again: SQLite forgets an interruption that comes between two statements.
    private void Start() => _timer = new Timer(_ => SQLitePCL.raw.sqlite3_interrupt(_connection.Handle), null, TimeSpan.Zero, s_often);
}
