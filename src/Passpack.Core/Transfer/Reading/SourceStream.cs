using Passpack.Vault.Files;

namespace Passpack.Transfer.Reading;

/// <summary>
/// Reads the source of an import so that Ctrl+C ends the read at once: a pipe may block for ever, and a device may never end. If the source cannot
/// seek, a separate thread reads; a cancelled import leaves the thread behind until the pipe is closed.
/// </summary>
internal sealed class SourceStream(Stream source, CancellationToken cancellationToken) : ForwardStream
{
    private byte[] _ahead = [];

    /// <summary>Opens a file, a pipe or a device that the user named, also one that another program has open for writing.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before another program opened the other end of the pipe.</exception>
    public static FileStream Open(string path, CancellationToken cancellationToken)
    {
        if (RegularFile.IsOrCanBe(path))
            return OpenNow();
        Task<FileStream> opening = Task.Run(OpenNow, CancellationToken.None);
        try
        {
            return opening.WaitAsync(cancellationToken).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
            throw;
        }

        FileStream OpenNow() => SharedRead.Open(path);
    }

    public override int Read(Span<byte> buffer)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (source.CanSeek || buffer.IsEmpty)
            return source.Read(buffer);
        // A separate buffer, because after a cancellation the read may still write into it.
        byte[] ahead = _ahead.Length >= buffer.Length ? _ahead : _ahead = new byte[buffer.Length];
        int length = buffer.Length;
        int count = Task.Run(() => source.Read(ahead, 0, length), CancellationToken.None).WaitAsync(cancellationToken).GetAwaiter().GetResult();
        ahead.AsSpan(0, count).CopyTo(buffer);
        ahead.AsSpan(0, count).Clear();
        return count;
    }
}
