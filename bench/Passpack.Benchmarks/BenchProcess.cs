using System.Diagnostics;

namespace Passpack.Benchmarks;

/// <summary>The server as a program of its own, over a folder of its own, so that its memory and its time can be told from the clients'.</summary>
internal sealed class BenchProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;

    /// <param name="heap">The most that its heap may have, in hexadecimal digits; null for no limit.</param>
    /// <param name="options">Beside those that every figure needs.</param>
    public BenchProcess(string? heap, params string[] options)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Passpack.Server.dll"), "--urls", "http://127.0.0.1:0",
            "--data", Of("server"), "--registration", "open", "--disk-reserve", "1", "--requests-per-minute", "1000000", .. options]) { RedirectStandardOutput = true };
        if (heap is not null)
            start.Environment["DOTNET_GCHeapHardLimit"] = heap;
        _process = Process.Start(start)!;
        string line;
        do
            line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server did not start.");
        while (!line.Contains("listening on", StringComparison.Ordinal));
        Address = new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..line.IndexOf(';', StringComparison.Ordinal)]);
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    public Uri Address { get; }

    /// <summary>The time of processors that it has taken.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The most memory that it ever had, in the words of Linux.</summary>
    public string MostMemory => File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))["VmHWM:".Length..].Trim();

    /// <summary>A file or folder that goes away with it.</summary>
    public string Of(string name) => Path.Combine(_folder, name);

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
