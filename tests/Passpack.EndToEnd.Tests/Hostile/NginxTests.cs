using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A real nginx in front of the server, as its package configures it: the limit of a body is 1 MiB.</summary>
public sealed class NginxTests(RealServer server) : IClassFixture<RealServer>
{
    /// <summary>Names another one than that of the path.</summary>
    private const string Variable = "PASSPACK_NGINX";

    [Fact]
    public async Task Attachments_pass_a_real_nginx_with_its_default_body_limit()
    {
        string? nginx = Environment.GetEnvironmentVariable(Variable) ?? FindOnPath("nginx");
        Assert.SkipUnless(nginx is not null, $"NOT TESTED: nginx is not installed here. 'apt-get install nginx', or {Variable} with its path.");
        string folder = Directory.CreateTempSubdirectory("passpack-nginx-").FullName;
        int port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), string.Create(CultureInfo.InvariantCulture, $$"""
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
                server {
                    listen 127.0.0.1:{{port}};
                    location / { proxy_pass {{server.Address}}; }
                }
            }
            """));
        using Process process = Process.Start(new ProcessStartInfo(nginx!, ["-p", folder, "-e", "error.log", "-c", Path.Combine(folder, "nginx.conf")]))!;
        try
        {
            var address = new Uri($"http://127.0.0.1:{port}/");
            await WaitAsync(address, process);
            using (var http = new HttpClient())
            using (var large = new ByteArrayContent(new byte[(1 << 20) + 1]))
                Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await http.PostAsync(address, large)).StatusCode);

            await using TestAccount account = await TestAccount.RegisterAsync(server);
            Machine a = await account.MachineAsync("a", server: address), b = await account.MachineAsync("b", server: address);
            Guid id = a.Add("router").Id;
            byte[] content = Attachments.Content(20 * Limits.AttachmentChunkBytes);
            a.Attach(id, "image.bin", content);
            await a.SyncAsync();
            await b.SyncAsync();
            Assert.Equal(content, await b.ReadAsync(id, "image.bin"));
            string log = await File.ReadAllTextAsync(Path.Combine(folder, "access.log"));
            Assert.Contains($"/{Routes.Pushes} HTTP/1.1\" 200", log, StringComparison.Ordinal);
            // Beside the one that this test sent.
            Assert.DoesNotContain("/v1/vaults", string.Join('\n', log.Split('\n').Where(line => line.Contains("\" 413 ", StringComparison.Ordinal))), StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
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

    private static async Task WaitAsync(Uri address, Process process)
    {
        using var giveUp = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            Assert.False(process.HasExited, "nginx ended.");
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, address.Port, giveUp.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, giveUp.Token);
            }
        }
    }
}
