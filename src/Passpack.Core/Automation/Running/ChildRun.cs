using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading.Channels;
using Passpack.Automation.Masking;
using Passpack.Protocol;

namespace Passpack.Automation.Running;

/// <summary>A child process: its output, masked and line by line, and its end.</summary>
public sealed class ChildRun : IDisposable
{
    private const int ReadBytes = 1 << 16, MostLinesAhead = 4096;

    // How long a child may take to end by itself, after it was asked to, and after it was told to.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly ChildStart _start;
    private readonly Channel<ChildLine> _lines = Channel.CreateBounded<ChildLine>(MostLinesAhead);
    private readonly CancellationTokenSource _nobodyReads = new();
    private readonly WindowsJob? _job;
    private readonly Task _input;
    private readonly Task _output;

    private ChildRun(Process process, ChildStart start)
    {
        _process = process;
        _start = start;
        _job = OperatingSystem.IsWindows() ? WindowsJob.Of(process) : null;
        _input = start.StandardInput is null ? Task.CompletedTask : Task.Run(WriteInputAsync);
        _output = CompleteAsync(start.Mask is null ? Task.CompletedTask : Task.WhenAll(
            Task.Run(() => ReadAsync(process.StandardOutput.BaseStream, isError: false)),
            Task.Run(() => ReadAsync(process.StandardError.BaseStream, isError: true))));
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ProgramNotStarted"/>.</exception>
    public static ChildRun Start(ChildStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var info = new ProcessStartInfo(start.FilePath)
        {
            WorkingDirectory = start.WorkingDirectory,
            RedirectStandardInput = start.StandardInput is not null,
            RedirectStandardOutput = start.Mask is not null,
            RedirectStandardError = start.Mask is not null,
        };
        foreach (string argument in start.Arguments)
            info.ArgumentList.Add(argument);
        info.Environment.Clear();
        foreach ((string name, string value) in start.Environment)
            info.Environment[name] = value;
        try
        {
            return new ChildRun(Process.Start(info)!, start);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            // The message of .NET names the program and the folder, and no variable.
            throw new PasspackException(ErrorCodes.ProgramNotStarted, $"{start.FilePath} could not be started: {e.Message}", e) { Target = start.FilePath };
        }
        finally
        {
            // What is kept of the variables goes with them.
            info.Environment.Clear();
        }
    }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>The lines that it prints, as they come. Ends when all its output has.</summary>
    public async IAsyncEnumerable<ChildLine> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // On the caller's thread, where a cmdlet may write.
        while (await _lines.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_lines.Reader.TryRead(out ChildLine? line))
                yield return line;
        }
    }

    /// <summary>Waits for its end, and that of its output.</summary>
    /// <returns>The exit code; after a signal, 128 and its number.</returns>
    public async Task<int> WaitAsync(CancellationToken cancellationToken = default)
    {
        await _output.WaitAsync(cancellationToken).ConfigureAwait(false);
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        await _input.ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>Passes a termination on to the child and all processes that it started.</summary>
    public void Terminate() => ProcessTree.Signal(_process, ProcessTree.Terminated);

    /// <summary>Ends the child and all processes that it started: asks, tells, and kills. What they still print is dropped.</summary>
    /// <param name="way">How it is asked.</param>
    public async Task EndAsync(ChildEnd way)
    {
        await _nobodyReads.CancelAsync().ConfigureAwait(false);
        if (way == ChildEnd.Interrupt)
            ProcessTree.Signal(_process, ProcessTree.Interrupted);
        if (way == ChildEnd.Terminate || !await HasEndedAsync().ConfigureAwait(false))
            Terminate();
        if (!await HasEndedAsync().ConfigureAwait(false))
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _nobodyReads.Cancel();
        if (OperatingSystem.IsWindows())
            _job?.Dispose();
        _process.Dispose();
        _nobodyReads.Dispose();
    }

    private async Task<bool> HasEndedAsync()
    {
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task WriteInputAsync()
    {
        try
        {
            await using Stream input = _process.StandardInput.BaseStream;
            await input.WriteAsync(_start.StandardInput!).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The child has closed its end: it does not want the rest.
        }
    }

    private async Task ReadAsync(Stream stream, bool isError)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(ReadBytes, pinned: true);
        using var lines = new LineSplitter();
        using var masked = new StreamMask(_start.Mask!, isError || _start.Output is null ? lines : _start.Output);
        try
        {
            for (int count; (count = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
            {
                if (_nobodyReads.IsCancellationRequested)
                    continue; // Read on: a child that cannot write would not end.
                masked.Write(buffer.AsSpan(0, count));
                await PassAsync(lines, isError).ConfigureAwait(false);
            }
            masked.Complete();
            lines.Complete();
            await PassAsync(lines, isError).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private async Task PassAsync(LineSplitter lines, bool isError)
    {
        try
        {
            foreach (string line in lines.Lines)
                await _lines.Writer.WriteAsync(new ChildLine(line, isError), _nobodyReads.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Nobody reads any more.
        }
        lines.Lines.Clear();
    }

    private async Task CompleteAsync(Task reading)
    {
        try
        {
            await reading.ConfigureAwait(false);
            _lines.Writer.Complete();
        }
        catch (Exception e)
        {
            _lines.Writer.Complete(e);
            throw;
        }
    }
}
