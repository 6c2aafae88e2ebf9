using Microsoft.Data.Sqlite;

namespace Passpack.Vault.Storage;

/// <summary>Interrupts a connection's reads once a token is cancelled.</summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(100);

    private readonly SqliteConnection _connection;
    private readonly CancellationTokenRegistration _registration;
    private Timer? _timer;

    private Interruption(SqliteConnection connection, CancellationToken cancellationToken)
    {
        _connection = connection;
        _registration = cancellationToken.UnsafeRegister(static state => ((Interruption)state!).Start(), this);
    }

    /// <summary>Null if the token cannot be cancelled.</summary>
    public static Interruption? Of(SqliteConnection connection, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? new Interruption(connection, cancellationToken) : null;

    public void Dispose()
    {
        _registration.Dispose();
        // Waits for a timer callback that is running: it would interrupt the next statement.
        _timer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    // Repeated, because SQLite forgets an interruption between two statements.
    private void Start() => _timer = new Timer(_ => SQLitePCL.raw.sqlite3_interrupt(_connection.Handle), null, TimeSpan.Zero, s_often);
}
