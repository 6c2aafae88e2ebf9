using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>The server as a service of systemd: what it tells its manager, and the unit that is shipped.</summary>
public sealed partial class ServiceTests
{
    private const string Unit = "deploy/passpack-server.service";

    // Of ten; what the unit had when it was written, rounded up. Above 4 systemd itself calls it medium.
    private const double MostExposure = 1.5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_tells_when_it_listens_that_it_lives_and_when_it_stops(bool isAbstract)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "NOT TESTED: systemd is on Linux alone.");
        using var folder = new TempFolder();
        string name = isAbstract ? $"passpack-test-{Guid.NewGuid():N}" : folder.Of("notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + name : name));
        Task<ServerProcess> starting = ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Of("data")], ("NOTIFY_SOCKET", isAbstract ? '@' + name : name), ("WATCHDOG_USEC", "200000"));
        Assert.Equal("READY=1", await ReceiveAsync(manager));
        using ServerProcess server = await starting;
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Contains("ready", await http.GetStringAsync(Routes.Ready), StringComparison.Ordinal);
        for (int i = 0; i < 5; i++)
            Assert.Equal("WATCHDOG=1", await ReceiveAsync(manager));

        // While a request is under way.
        using Socket held = await RawHttp.ConnectAsync(server.Address);
        await RawHttp.SendAsync(held, Encoding.ASCII.GetBytes(
            $"POST {Routes.LoginParameters} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 17\r\nExpect: 100-continue\r\n\r\n"));
        byte[] asked = new byte[256];
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(asked, 0, await held.ReceiveAsync(asked)), StringComparison.Ordinal);
        server.Terminate();
        string told;
        do
            told = await ReceiveAsync(manager);
        while (told == "WATCHDOG=1");
        Assert.Equal("STOPPING=1", told);
        for (int i = 0; i < 3; i++)
            Assert.Equal("WATCHDOG=1", await ReceiveAsync(manager));
        await RawHttp.SendAsync(held, "{\"userId\":\"anna\"}"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 200", await RawHttp.ReadToEndAsync(held), StringComparison.Ordinal);
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task A_manager_that_reads_nothing_takes_no_thread_from_requests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "NOT TESTED: systemd is on Linux alone.");
        using var folder = new TempFolder();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(folder.Of("notify")));
        using ServerProcess server = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Of("data")], ("NOTIFY_SOCKET", folder.Of("notify")), ("WATCHDOG_USEC", "2000"));
        using var http = new HttpClient { BaseAddress = server.Address };
        // Long after what the socket holds is full; a thread that waited for each message would be gone by then.
        for (int i = 0; i < 2000; i++)
            Assert.Contains("healthy", await http.GetStringAsync(Routes.Health), StringComparison.Ordinal);
        Assert.Equal("READY=1", await ReceiveAsync(manager));
    }

    [Fact]
    public async Task A_manager_that_is_gone_does_not_keep_it_from_serving()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "NOT TESTED: systemd is on Linux alone.");
        using var folder = new TempFolder();
        using ServerProcess server = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Of("data")], ("NOTIFY_SOCKET", folder.Of("nobody")));
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Contains("ready", await http.GetStringAsync(Routes.Ready), StringComparison.Ordinal);
        server.Terminate();
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Contains("systemd was not told READY=1", await server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("60000000", null, 30.0)]
    [InlineData("60000000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    public void Only_the_process_that_is_watched_tells_that_it_lives(string? microseconds, string? process, double? seconds)
    {
        IConfiguration Of(string? pid) => new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("WATCHDOG_USEC", microseconds), KeyValuePair.Create("WATCHDOG_PID", pid)]).Build();
        Assert.Equal(seconds, ServiceNotifier.AliveEvery(Of(process))?.TotalSeconds);
        if (process is null)
            Assert.Equal(seconds, ServiceNotifier.AliveEvery(Of(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)))?.TotalSeconds);
    }

    [Fact]
    public async Task The_unit_is_understood_and_lets_the_server_do_little()
    {
        string? analyze = Programs.Find("systemd-analyze");
        Assert.SkipWhen(analyze is null, "NOT TESTED: systemd-analyze is not there.");
        using var folder = new TempFolder();
        // What verify looks for on this machine: the program is wherever it was built.
        string program = folder.Of("passpack-server"), unit = folder.Of("passpack-server.service");
        await File.WriteAllTextAsync(program, "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string text = await File.ReadAllTextAsync(Repository.Of(Unit));
        Assert.Contains("/opt/passpack/passpack-server serve", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(unit, text.Replace("/opt/passpack/passpack-server", program, StringComparison.Ordinal));

        (int exitCode, string output) = await Programs.RunAsync(analyze!, "verify", "--man=no", unit);
        Assert.Equal("", output);
        Assert.Equal(0, exitCode);
        (_, output) = await Programs.RunAsync(analyze!, "security", "--offline=true", unit);
        Match exposure = Exposure().Match(output);
        Assert.True(exposure.Success, output);
        Assert.InRange(double.Parse(exposure.Groups[1].Value, CultureInfo.InvariantCulture), 0, MostExposure);
    }

    [Fact]
    public async Task The_unit_starts_the_server_with_options_that_it_takes()
    {
        string text = await File.ReadAllTextAsync(Repository.Of(Unit));
        string[] words = Assert.Single(text.Split('\n'), line => line.StartsWith("ExecStart=", StringComparison.Ordinal))["ExecStart=".Length..].Split(' ');
        Assert.Equal("serve", words[1]);
        ServerOptions options = PasspackServer.ReadOptions(words[2..]).Options;
        Assert.Equal("/var/lib/passpack", options.DataFolder);
        Assert.NotNull(options.Metrics);
        Assert.Contains("Type=notify", text, StringComparison.Ordinal);
        // Longer than requests have to end.
        Assert.Contains("TimeoutStopSec=45", text, StringComparison.Ordinal);
        Assert.InRange(Drain.Longest, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(40));
    }

    // A guard against a hang, and no measure of speed.
    private static async Task<string> ReceiveAsync(Socket manager)
    {
        using var hang = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        byte[] message = new byte[4096];
        return Encoding.UTF8.GetString(message, 0, await manager.ReceiveAsync(message, hang.Token));
    }

    [GeneratedRegex(@"Overall exposure level for [^:]+: ([0-9.]+)")]
    private static partial Regex Exposure();
}
