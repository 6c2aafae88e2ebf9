using System.Text;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Scheduling;

/// <summary>A run of a task, as its log has it.</summary>
/// <param name="End">When it ended.</param>
/// <param name="ExitCode">What it ended with; null: it was interrupted.</param>
/// <param name="ErrorId">Why; null: it synced, or was interrupted.</param>
public sealed record TaskRun(DateTimeOffset End, int? ExitCode, string? ErrorId)
{
    // The log has a line a run; in the part that is read there are some hundreds.
    private const int TailBytes = 128 * 1024;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    /// <summary>The log of a data folder.</summary>
    public static string Log(string dataFolder) => Path.Combine(dataFolder, "runs", "sync.jsonl");

    /// <summary>The last run of an account that the log tells of; null: none.</summary>
    public static TaskRun? Last(string dataFolder, string userId)
    {
        foreach (string line in Enumerable.Reverse(Tail(Log(dataFolder)).Split('\n')))
        {
            try
            {
                if (line.Length > 0 && JsonSerializer.Deserialize<Line>(line, s_json) is { Account: { } account } run
                    && UserIds.Normalize(account) == UserIds.Normalize(userId))
                {
                    return new TaskRun(run.End, run.ExitCode, run.ErrorId);
                }
            }
            catch (Exception e) when (e is JsonException or ArgumentException)
            {
                // The first line may be cut, and anybody can edit a log.
            }
        }
        return null;
    }

    private static string Tail(string path)
    {
        try
        {
            using FileStream file = SharedRead.Open(path);
            file.Seek(-Math.Min(file.Length, TailBytes), SeekOrigin.End);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private sealed record Line(string? Account, DateTimeOffset End, int? ExitCode, string? ErrorId);
}
