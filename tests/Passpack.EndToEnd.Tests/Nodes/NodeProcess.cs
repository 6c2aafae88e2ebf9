using System.Net;
using System.Net.Sockets;
using Passpack.EndToEnd.Tests.Hostile;

namespace Passpack.EndToEnd.Tests.Nodes;

/// <summary>A node over a database of PostgreSQL, as a program of its own that always comes back at the same address.</summary>
internal sealed class NodeProcess(string database) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-node-").FullName;
    private ServerProcess? _process;

    public Uri Address { get; } = FreeAddress();

    public async Task StartAsync() => _process = await ServerProcess.StartAsync(
        _folder, [("PASSPACK_DATABASE", database)], "--urls", Address.AbsoluteUri.TrimEnd('/'), "--trusted-proxy", "127.0.0.1");

    /// <summary>Ends it: by SIGTERM, as a service manager does, or by SIGKILL, as a crash does.</summary>
    public async Task EndAsync(bool kill)
    {
        if (kill)
            await _process!.KillAsync();
        else
            await _process!.TerminateAsync();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
    }
}
