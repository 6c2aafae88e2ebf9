using System.Text;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Scheduling;

/// <summary>A run of a task according to its log.</summary>
/// <param name="End">When it ended.</param>
/// <param name="ExitCode">The exit code. Null if the run was interrupted.</param>
/// <param name="ErrorId">The error. Null if the run synced or was interrupted.</param>
public sealed record TaskRun(DateTimeOffset End, int? ExitCode, string? ErrorId)
{
    // The part of the log that is read: some hundreds of runs, one a line.
    private const int TailBytes = 128 * 1024;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    /// <summary>The log of a data folder.</summary>
    public static string Log(string dataFolder) => Path.Combine(dataFolder, "runs", "sync.jsonl");

    /// <summary>The last run of an account in the log. Null if there is none.</summary>
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
                // Skipped: the first line may be cut, and a log can be edited.
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
