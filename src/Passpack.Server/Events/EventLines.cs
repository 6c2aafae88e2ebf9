using System.Runtime.InteropServices;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Watching;

namespace Passpack.Server.Events;

/// <summary>
/// Events as lines of JSON, for who collects them: to a file or the standard output, as soon as they are stored. No address is in them, because what
/// collects lines keeps them for longer than 30 days. The store is the record: a line that cannot be written is said once, and not made up for.
/// </summary>
internal sealed partial class EventLines : IDisposable
{
    private const string StandardOutput = "-";

    private readonly string? path;
    private readonly ServerMetrics metrics;
    private readonly ILogger logger;
    private readonly PosixSignalRegistration? hangUp;
    private bool failed;

    public EventLines(ServerOptions options, ServerMetrics metrics, ILoggerFactory loggers)
    {
        this.metrics = metrics;
        logger = loggers.CreateLogger(ServerLifetime.LogCategory);
        path = options.EventLog;
        if (path is null or StandardOutput)
            return;
        try
        {
            Append([]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServerStartException($"--event-log {path} cannot be written: {e.Message}", e);
        }

        // What rotates logs sends it; the file is opened anew for each line anyway, and the server goes on.
        if (!OperatingSystem.IsWindows())
            hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
    }

    /// <summary>Writes events, in the order in which they were stored.</summary>
    public void Write(IReadOnlyList<StoredEvent> events)
    {
        if (path is null)
            return;
        using var lines = new MemoryStream();
        foreach (StoredEvent stored in events)
        {
            WriteLine(lines, stored);
            lines.WriteByte((byte)'\n');
        }

        try
        {
            Append(lines.GetBuffer().AsSpan(0, (int)lines.Length));
            failed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            metrics.NoteEventLinesFailed();
            if (!failed)
                LogNotWritten(path, e.Message);
            failed = true;
        }
    }

    public void Dispose() => hangUp?.Dispose();

    // Opened each time: so a file that was renamed, removed or cut meanwhile is begun anew or gone on with.
    private void Append(ReadOnlySpan<byte> lines)
    {
        if (path == StandardOutput)
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write(lines);
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        using var file = new FileStream(path!, DataFolder.OwnerOnly(options));
        file.Write(lines);
    }

    private static void WriteLine(Stream lines, StoredEvent stored)
    {
        LoggedEvent row = stored.Event;
        using var json = new Utf8JsonWriter(lines);
        json.WriteStartObject();
        json.WriteString("time", row.Time);
        if (stored.Account == 0)
            json.WriteString("log", "server");
        else
        {
            json.WriteString("log", "account");
            json.WriteNumber("account", stored.Account);
        }

        json.WriteNumber("number", row.Number);
        json.WriteString("type", ((EventType)row.Type).ToString());
        json.WriteString("actor", ((EventActor)row.Actor).ToString());
        if (row.Device is { } device)
            json.WriteString("device", device);
        if (row.Since is { } since)
            json.WriteString("since", since);
        json.WriteNumber("count", row.Count);
        json.WriteNumber("bytes", row.Bytes);
        if (row.Subject != 0)
            json.WriteNumber("subject", row.Subject);
        json.WriteEndObject();
    }

    [LoggerMessage(8, LogLevel.Error, "{Path} takes no events: {Reason} They are in the database. This is said once, until it takes one again.")]
    private partial void LogNotWritten(string path, string reason);
}
