using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>The real program in a process of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process process;

    private ServerProcess(Process process) => this.process = process;

    public Uri Address { get; private set; } = null!;

    /// <summary>What it logs after its start; whole once it has ended.</summary>
    public Task<string> Output { get; private set; } = null!;

    /// <summary>Runs it to its end.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] args) => RunAsync(args, []);

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] args, params (string Name, string Value)[] environment)
    {
        using Process process = Launch(args, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts it and reads where it listens.</summary>
    public static Task<ServerProcess> StartAsync(string dataFolder) => StartAsync(
        ["--urls", "http://127.0.0.1:0", "--data", dataFolder, "--registration-difficulty", "1"]);

    /// <summary>Starts it and reads where it listens.</summary>
    public static async Task<ServerProcess> StartAsync(string[] args, params (string Name, string Value)[] environment)
    {
        var server = new ServerProcess(Launch(args, environment));
        string? line;
        do
            line = await server.process.StandardOutput.ReadLineAsync();
        while (line is not null && !line.Contains("Passpack server listening", StringComparison.Ordinal));
        line ??= await server.process.StandardError.ReadToEndAsync();
        int start = line.IndexOf("http://", StringComparison.Ordinal);
        Assert.True(start >= 0, line);
        server.Address = new Uri(line[start..line.IndexOf(';', start)]);
        // Read on, so that the server never waits for its log to be read.
        server.Output = server.process.StandardOutput.ReadToEndAsync();
        _ = server.process.StandardError.ReadToEndAsync();
        return server;
    }

    /// <summary>As by kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>As a service manager stops it: SIGTERM.</summary>
    public void Terminate()
    {
        using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Its exit code, once it has ended by itself.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static Process Launch(string[] args, params (string Name, string Value)[] environment)
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, [Path.Combine(AppContext.BaseDirectory, "Passpack.Server.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
