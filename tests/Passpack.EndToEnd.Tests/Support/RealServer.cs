using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passpack.EndToEnd.Tests.Model;
using Passpack.Server;
using Passpack.Server.Hosting;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>The real server, in this process, on a free port of this machine, over a folder of its own.</summary>
public sealed class RealServer : IAsyncLifetime
{
    private WebApplication? _app;

    internal Clock Clock { get; } = new();

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"passpack-server-{Guid.NewGuid():N}");

    public Uri Address { get; private set; } = new("http://127.0.0.1:0/");

    public async ValueTask InitializeAsync()
    {
        _app = PasspackServer.Create(
            ["--urls", Address.AbsoluteUri.TrimEnd('/'), "--data", Folder, "--requests-per-minute", "1000000", "--sign-ins-per-minute", "1000000",
                // The reserve would hide what a full disk does, and fail every test on a machine that is short of space.
                "--registration", "open", "--registration-difficulty", "1", "--disk-reserve", "1"],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton<TimeProvider>(Clock);
            });
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single() + "/");
    }

    /// <summary>Its slow upkeep, now: what has outlived its time goes.</summary>
    public Task SweepAsync() => _app!.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);

    /// <summary>As who runs the server does it: stop, copy, start.</summary>
    /// <returns>The copy.</returns>
    public async Task<string> BackUpAsync()
    {
        await StopAsync();
        string copy = Path.Combine(Path.GetTempPath(), $"passpack-server-copy-{Guid.NewGuid():N}");
        Copy(Folder, copy);
        await InitializeAsync();
        return copy;
    }

    /// <summary>Puts a copy back, and starts again under the same address.</summary>
    public async Task RestoreAsync(string copy)
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
        Copy(copy, Folder);
        await InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Ends it and leaves its folder.</summary>
    public async Task StopAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _app = null;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
