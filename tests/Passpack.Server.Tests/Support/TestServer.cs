using System.Collections.Concurrent;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Tests.Postgres;

namespace Passpack.Server.Tests.Support;

/// <summary>A real server on a free port of this machine, over a folder of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TempFolder? ownFolder;
    private readonly WebApplication app;

    // Whoever starts a server over the folder of another means the same database.
    private static readonly ConcurrentDictionary<string, string> s_databases = [];

    private TestServer(WebApplication app, ManualTime time, string folder, TempFolder? ownFolder)
    {
        this.app = app;
        this.ownFolder = ownFolder;
        Time = time;
        Folder = folder;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public ManualTime Time { get; }

    public string Folder { get; }

    /// <summary>The database of PostgreSQL, as a connection string. Null: it is a file in the folder.</summary>
    public string? Database => s_databases.GetValueOrDefault(Folder);

    public IServerStore Store => app.Services.GetRequiredService<IServerStore>();

    public T Service<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>The options of a server that takes this machine for a proxy; then <see cref="From"/> works.</summary>
    public static string[] BehindProxy { get; } = ["--trusted-proxy", "127.0.0.1"];

    /// <summary>A client at another address, as the proxy tells it.</summary>
    public HttpClient From(string forwardedFor)
    {
        var http = new HttpClient { BaseAddress = Http.BaseAddress };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        return http;
    }

    public static async Task<TestServer> StartAsync(
        string[]? options = null, string? folder = null, Action<WebApplicationBuilder>? configure = null)
    {
        TempFolder? own = folder is null ? new TempFolder() : null;
        folder ??= own!.Path;
        var time = new ManualTime();
        if (OverPostgres.IsAsked && !s_databases.ContainsKey(folder))
            s_databases[folder] = await PostgresCluster.NewDatabaseAsync();
        if (s_databases.TryGetValue(folder, out string? database))
            options = ["--database", database, .. options ?? []];
        WebApplication app = PasspackServer.Create(
            ["--urls", "http://127.0.0.1:0", "--data", folder, "--registration", "open", "--registration-difficulty", "1", "--disk-reserve", "1", .. options ?? []],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton<TimeProvider>(time);
                configure?.Invoke(builder);
            });
        await app.StartAsync();
        return new TestServer(app, time, folder, own);
    }

    public async Task<DeviceClient> RegisterAsync(RegisterRequest? request = null)
    {
        request ??= Make.Registration();
        HttpResponseMessage response = await Http.RegisterAsync(request);
        RegisterAnswer answer = await response.ReadAsync<RegisterAnswer>(System.Net.HttpStatusCode.Created);
        return new DeviceClient(Http.BaseAddress!, request, answer.DeviceToken);
    }

    /// <summary>Logs a device of an account in, whose token sleeps.</summary>
    public async Task<DeviceClient> LogInAsync(DeviceClient account, DeviceDescription? device = null, byte[]? proof = null)
    {
        device ??= Make.Device();
        var request = new LoginRequest(account.Registration.UserId, proof ?? account.Registration.Proof, device);
        LoginAnswer answer = await (await Http.PostAsJsonAsync(Routes.Login, request)).ReadAsync<LoginAnswer>();
        return new DeviceClient(Http.BaseAddress!, account.Registration, answer.DeviceToken, device) { Owner = account.Owner };
    }

    /// <summary>Logs a device of an account in, and wakes its token.</summary>
    public async Task<DeviceClient> SignInAsync(DeviceClient account, DeviceDescription? device = null, byte[]? proof = null)
    {
        DeviceClient signedIn = await LogInAsync(account, device, proof);
        await signedIn.WakeAsync();
        return signedIn;
    }

    /// <summary>Stops it as a service manager does.</summary>
    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        if (ownFolder is not null && s_databases.TryRemove(Folder, out string? database))
            await PostgresCluster.DropAsync(database);
        ownFolder?.Dispose();
    }
}
