using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>A real proxy in a process and a folder of its own, on a free port of this machine.</summary>
internal sealed class ProxyProgram : IAsyncDisposable
{
    /// <summary>Names another nginx than that of the path.</summary>
    private const string Variable = "PASSPACK_NGINX";

    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-proxy-").FullName;
    private Process? _process;

    private ProxyProgram()
    {
    }

    public int Port { get; } = FreePort();

    public string AccessLog => File.ReadAllText(Of("access.log"));

    /// <summary>A file in its folder.</summary>
    public string Of(string name) => Path.Combine(_folder, name);

    /// <summary>nginx as its package configures it, but for where its files are; skips the test where there is none.</summary>
    /// <param name="site">What stands in its http section, made from the proxy, whose port it has to listen on.</param>
    public static async Task<ProxyProgram> StartNginxAsync(Func<ProxyProgram, string> site)
    {
        string? nginx = Environment.GetEnvironmentVariable(Variable) ?? FindOnPath("nginx");
        Assert.SkipUnless(nginx is not null, $"NOT TESTED: nginx is not installed here. 'apt-get install nginx', or {Variable} with its path.");
        var proxy = new ProxyProgram();
        await File.WriteAllTextAsync(proxy.Of("nginx.conf"), $$"""
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log error.log;
            events { }
            http {
                access_log access.log;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                {{site(proxy)}}
            }
            """);
        return await proxy.RunAsync(new ProcessStartInfo(nginx!, ["-p", proxy._folder, "-e", "error.log", "-c", proxy.Of("nginx.conf")]));
    }

    /// <summary>nginx with one server in front of an address.</summary>
    /// <param name="server">The address.</param>
    /// <param name="settings">Of its server section, and of its location.</param>
    public static Task<ProxyProgram> StartNginxAsync(Uri server, string settings = "") => StartNginxAsync(proxy => string.Create(
        CultureInfo.InvariantCulture, $$"""server { listen 127.0.0.1:{{proxy.Port}}; {{settings}} location / { proxy_pass {{server.AbsoluteUri.TrimEnd('/')}}; } }"""));

    /// <summary>Caddy with the file that is shipped; skips the test where there is none.</summary>
    public static async Task<ProxyProgram> StartCaddyAsync(string file, Uri server)
    {
        string? caddy = FindOnPath("caddy");
        Assert.SkipUnless(caddy is not null, "NOT TESTED: caddy is not installed here. 'apt-get install caddy'.");
        var proxy = new ProxyProgram();
        var start = new ProcessStartInfo(caddy!, ["run", "--adapter", "caddyfile", "--config", file]) { RedirectStandardError = true };
        start.Environment["PASSPACK_SITE"] = $"http://127.0.0.1:{proxy.Port}";
        start.Environment["PASSPACK_NODE"] = server.Authority;
        start.Environment["CADDY_ADMIN"] = $"127.0.0.1:{FreePort()}";
        foreach (string name in new[] { "HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME" })
            start.Environment[name] = proxy._folder;
        return await proxy.RunAsync(start);
    }

    public async ValueTask DisposeAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<ProxyProgram> RunAsync(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        if (start.RedirectStandardError)
            _ = _process.StandardError.ReadToEndAsync();
        using var giveUp = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            Assert.False(_process.HasExited, $"{start.FileName} ended. {(File.Exists(Of("error.log")) ? File.ReadAllText(Of("error.log")) : "")}");
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, Port, giveUp.Token);
                return this;
            }
            catch (SocketException)
            {
                await Task.Delay(50, giveUp.Token);
            }
        }
    }

    private static string? FindOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Append("/usr/sbin").Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
