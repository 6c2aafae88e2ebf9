using System.Net.Sockets;
using Npgsql;

namespace Passpack.Server.Tests.Support;

/// <summary>Stands between a store and its database, and cuts connections in the moment of a commit: the database makes it, and its answer is lost.</summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource stop = new();
    private readonly string target;
    private int cuts;
    private volatile bool closes, closed;

    /// <param name="database">The database, as a connection string.</param>
    public CutProxy(string database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database);
        target = Path.Combine(settings.Host!, ".s.PGSQL.5432");
        settings.Host = folder.Path;
        Database = settings.ToString();
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder.Path, ".s.PGSQL.5432")));
        listener.Listen();
        _ = AcceptAsync();
    }

    /// <summary>How the database is reached through here.</summary>
    public string Database { get; }

    /// <summary>Cuts the next commit.</summary>
    /// <param name="closes">Whether nobody gets through after that.</param>
    public void CutNext(bool closes = false)
    {
        this.closes = closes;
        Interlocked.Exchange(ref cuts, 1);
    }

    /// <summary>Lets everybody through again.</summary>
    public void Reopen() => closed = false;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptAsync(stop.Token);
                if (closed)
                {
                    client.Dispose();
                    continue;
                }

                var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await server.ConnectAsync(new UnixDomainSocketEndPoint(target), stop.Token);
                _ = CopyAsync(client, server);
                _ = CopyAsync(server, client);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.ReceiveAsync(buffer, stop.Token) is > 0 and int count)
            {
                bool cut = buffer.AsSpan(0, count).IndexOf("COMMIT\0"u8) >= 0 && Interlocked.Exchange(ref cuts, 0) > 0;
                if (cut)
                {
                    // The database gets it, and its answer goes nowhere.
                    closed = closes;
                    from.Dispose();
                }

                await to.SendAsync(buffer.AsMemory(0, count), stop.Token);
                if (cut)
                    break;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other direction has ended, or the test is over.
        }

        from.Dispose();
        to.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        stop.Dispose();
        folder.Dispose();
    }
}
