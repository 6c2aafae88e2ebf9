using System.Diagnostics;
using System.Globalization;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>The real server's process ends by SIGKILL under a client that pushes.</summary>
public sealed class ServerKillTests
{
    [Fact]
    public async Task Killed_before_during_and_after_a_push()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"passpack-killed-{Guid.NewGuid():N}");
        ServerProcess server = await ServerProcess.StartAsync(folder);
        await using HostileServer door = await HostileServer.StartAsync(server.Address);
        await using TestAccount account = await TestAccount.RegisterAsync(door.Address);
        Machine a = await account.MachineAsync("a"), b = await account.MachineAsync("b");
        Func<Exchange, Task>[] moments =
        [
            _ => server.KillAsync(),
            async exchange =>
            {
                // Under way, and nobody knows how far.
                Task pushing = exchange.HonestAsync();
                await server.KillAsync();
                await Record.ExceptionAsync(() => pushing);
            },
            async exchange =>
            {
                await exchange.HonestAsync();
                await server.KillAsync();
            },
        ];
        for (int i = 0; i < moments.Length; i++)
        {
            a.Add($"entry {i}", HostileTests.Values($"entry{i}"));
            door.Lie = Lies.About(Routes.Pushes, async exchange =>
            {
                if (!server.HasEnded)
                    await moments[i](exchange);
                return null;
            });
            Assert.Equal(ErrorCodes.ServerUnreachable, (await Assert.ThrowsAsync<PasspackException>(() => a.SyncAsync())).ErrorId);
            Assert.True(server.HasEnded);
            server.Dispose();
            server = await ServerProcess.StartAsync(folder);
            door.Honest = server.Address;
            door.Lie = null;
            await a.SyncAsync();
            await b.SyncAsync();
            Assert.Equal(a.Dump(), b.Dump());
            Assert.Equal(i + 1, b.Vault.List(new EntryQuery()).Count());
        }
        server.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>The server as a program of its own.</summary>
internal sealed class ServerProcess(Process process, Uri address) : IDisposable
{
    public Uri Address => address;

    public bool HasEnded => process.HasExited;

    public static Task<ServerProcess> StartAsync(string folder, params string[] options) => StartAsync(folder, [], options);

    public static async Task<ServerProcess> StartAsync(string folder, (string Name, string Value)[] environment, params string[] options)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Passpack.Server.dll");
        var start = new ProcessStartInfo("dotnet",
            [program, "--urls", "http://127.0.0.1:0", "--data", folder, "--registration", "open", "--registration-difficulty", "1", "--disk-reserve", "1", .. options])
        {
            RedirectStandardOutput = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        Process process = Process.Start(start)!;
        string line = await process.StandardOutput.ReadLineAsync() ?? "";
        int at = line.IndexOf("http://", StringComparison.Ordinal);
        Assert.True(at >= 0, line);
        _ = process.StandardOutput.ReadToEndAsync();
        return new ServerProcess(process, new Uri(line[at..line.IndexOf(';', at)]));
    }

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>As a service manager stops it, and waits.</summary>
    public async Task TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
