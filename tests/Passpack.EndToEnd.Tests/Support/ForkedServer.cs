using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Passpack.Server;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>A server over a copy of another's database as it is now: the same account, from here on with a history of its own.</summary>
internal sealed class ForkedServer : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"passpack-fork-{Guid.NewGuid():N}");
    private WebApplication? _app;
    private HostileServer? _door;

    public Uri Address { get; private set; } = null!;

    public async Task StartAsync(string originalFolder)
    {
        Directory.CreateDirectory(_folder);
        using (var source = new SqliteConnection($"Data Source={Path.Combine(originalFolder, PasspackServer.DatabaseName)};Pooling=False"))
        using (var target = new SqliteConnection($"Data Source={Path.Combine(_folder, PasspackServer.DatabaseName)};Pooling=False"))
        {
            source.Open();
            target.Open();
            source.BackupDatabase(target);
        }
        _app = PasspackServer.Create(["--urls", "http://127.0.0.1:0", "--data", _folder, "--registration-difficulty", "1"], builder => builder.Logging.ClearProviders());
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single() + "/");
        _door = await HostileServer.StartAsync(Address);
    }

    public Task<Answer> ForwardAsync(Exchange exchange) => _door!.ForwardAsync(exchange);

    public async ValueTask DisposeAsync()
    {
        if (_door is not null)
            await _door.DisposeAsync();
        if (_app is not null)
            await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
