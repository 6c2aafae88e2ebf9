using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Passpack.Server;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>The real server, in this process, on a free port of this machine, over a folder of its own.</summary>
public sealed class RealServer : IAsyncLifetime
{
    private WebApplication? _app;

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"passpack-server-{Guid.NewGuid():N}");

    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    public async ValueTask InitializeAsync()
    {
        _app = PasspackServer.Create(
            ["--urls", "http://127.0.0.1:0", "--data", Folder, "--requests-per-minute", "1000000", "--sign-ins-per-minute", "1000000"],
            builder => builder.Logging.ClearProviders());
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single() + "/");
    }

    /// <summary>Ends it and leaves its folder.</summary>
    public async Task StopAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _app = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
