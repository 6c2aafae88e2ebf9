using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Passpack.Server.Accounts;
using Passpack.Server.Administration;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Events;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Login;
using Passpack.Server.Sharing;
using Passpack.Server.Storage;
using Passpack.Server.Sync;
using Passpack.Server.Watching;

namespace Passpack.Server;

/// <summary>The online account's server, to run as a program or inside another process.</summary>
public static class PasspackServer
{
    /// <summary>The name of the database in the data folder.</summary>
    public const string DatabaseName = "passpack-server.db";

    /// <summary>
    /// Builds a server that is not started yet. Start it with <see cref="WebApplication.StartAsync"/>; with
    /// <c>--urls http://127.0.0.1:0</c> the system picks a free port, which <see cref="WebApplication.Urls"/> then tells.
    /// </summary>
    /// <param name="args">The command line: <c>--urls</c>, <c>--data</c>, <c>--database</c>, <c>--registration</c>, <c>--quota</c>,
    /// <c>--total-quota</c>, <c>--disk-reserve</c>, <c>--connections</c>, <c>--connections-per-address</c>,
    /// <c>--history-versions</c>, <c>--history-days</c>, <c>--recycle-days</c>, <c>--requests-per-minute</c>, <c>--sign-ins-per-minute</c>,
    /// <c>--trusted-proxy</c>, <c>--host</c>, <c>--count-loopback</c>, <c>--registrations-per-hour</c>, <c>--registration-difficulty</c>, <c>--event-log</c>,
    /// <c>--metrics</c>, <c>--node</c>.</param>
    /// <param name="configure">Changes the builder before the server is built, for instance its log or its
    /// <see cref="TimeProvider"/>.</param>
    /// <exception cref="ServerStartException">An option cannot be understood, or an address could be reached from other machines
    /// without TLS. Starting throws it when the database cannot be used.</exception>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(args);
        WebApplicationBuilder builder = CreateBuilder(args);
        ConfigureLog(builder.Logging);
        configure?.Invoke(builder);

        // Read after the caller's changes, because Kestrel obeys the final configuration.
        string[] addresses = AddressRule.AddressesOf(builder.Configuration);
        builder.WebHost.UseUrls(addresses);
        AddressRule.Require(addresses);
        AddressRule.Require(AddressRule.EndpointsOf(builder.Configuration));

        TrustedProxies.RefuseTrustInAll(builder.Configuration);
        ServerOptions options = ServerOptions.Read(builder.Configuration);
        AddServices(builder, options);
        WebApplication app = builder.Build();
        Map(app);
        return app;
    }

    /// <summary>The options of a command line as the server would take them, and the configuration that they come from.</summary>
    /// <exception cref="ServerStartException">An option cannot be understood.</exception>
    internal static (ServerOptions Options, IConfiguration Configuration) ReadOptions(string[] args)
    {
        WebApplicationBuilder builder = CreateBuilder(args);
        return (ServerOptions.Read(builder.Configuration), builder.Configuration);
    }

    private static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // A proxy might not treat a bare line feed as the end of a line, and so see different headers than this server.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            // Does not watch files, and reads no settings from the working directory.
            Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
            ContentRootPath = AppContext.BaseDirectory,
            ApplicationName = typeof(PasspackServer).Assembly.GetName().Name,
        });
        ServerOptions.AddSources(builder.Configuration, args);
        return builder;
    }

    private static void ConfigureLog(ILoggingBuilder log)
    {
        log.ClearProviders();
        log.AddSimpleConsole(console => console.SingleLine = true);
        log.SetMinimumLevel(LogLevel.Warning);
        log.AddFilter(ServerLifetime.LogCategory, LogLevel.Information);
        // At level Debug, this category quotes malformed headers, which may contain device tokens.
        log.AddFilter("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.None);
        // This category logs a failed start with a stack trace; Program reports it in one line.
        log.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    }

    private static void AddServices(WebApplicationBuilder builder, ServerOptions options)
    {
        builder.WebHost.UseSockets(ConnectionLimits.Apply);
        builder.WebHost.ConfigureKestrel(kestrel => ConnectionLimits.Apply(kestrel, options));
        IServiceCollection services = builder.Services;
        services.TryAddSingleton(_ => Stores.Clock(options, TimeProvider.System));
        services.AddSingleton(options);
        services.TryAddSingleton(provider => MeasuredStore.Around(
            Stores.Open(options, provider.GetRequiredService<EventLines>().Write), provider.GetRequiredService<ServerMetrics>()));
        services.AddSingleton<EventLines>();
        services.TryAddSingleton(new DiskReserve(options));
        services.TryAddSingleton(new TransferTime(TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(10)));
        services.AddSingleton<FaultLog>();
        services.AddSingleton<SharedLogs>();
        services.AddSingleton<Drain>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Drain.Longest);
        services.AddSingleton<LoginThrottle>();
        services.AddSingleton<RegistrationChallenges>();
        services.AddHostedService<ServerLifetime>();
        // After it, so that it is told of a stop before.
        services.AddHostedService<ServiceNotifier>();
        services.AddHostedService<ClockKeeper>();
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricsEndpoint>());
        builder.AddTelemetry(options);
        services.AddSingleton<Sweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<Sweeper>());
        services.AddRateLimits(options);
        services.AddOpenApiDocument();
        services.Configure<JsonOptions>(json => StrictJson.Configure(json.SerializerOptions));
        // Makes the framework throw for an invalid parameter, so that the answer can name the fault.
        services.Configure<RouteHandlerOptions>(route => route.ThrowOnBadRequest = true);
    }

    private static void Map(WebApplication app)
    {
        app.UseRequestMeasuring();
        app.UseUnreadBody();
        app.UseProblemPages();
        app.UseDrain();
        ServerOptions options = app.Services.GetRequiredService<ServerOptions>();
        app.UseHostRule(options);
        options.Proxies.Use(
            app, app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(ServerLifetime.LogCategory));
        app.UseRateLimiter();
        app.UseDeviceTokens();
        app.UseTransferGates();
        app.MapHealth();
        app.MapOpenApiDocument();
        app.MapRegistration();
        app.MapAdministration();
        app.MapRemoval();
        app.MapLogin();
        app.MapPassword();
        app.MapPasswordReset();
        app.MapSecondFactor();
        app.MapKeys();
        app.MapDevices();
        app.MapKeyFiles();
        app.MapEvents();
        app.MapVaults();
        app.MapVersions();
        app.MapPushes();
        app.MapPurge();
        app.MapSharedVaults();
        app.MapStatements();
    }
}
