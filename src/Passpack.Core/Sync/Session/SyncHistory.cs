using System.Text.Json;
using System.Text.Json.Serialization;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Session;

/// <summary>A sync of the past, as this machine recorded it.</summary>
public sealed record SyncRecord
{
    /// <summary>What the sync did; of a long one only the first <see cref="SyncHistory.MostChanges"/> changes.</summary>
    public required SyncResult Result { get; init; }

    /// <summary>How many changes of each kind there were, including those left out of <see cref="Result"/>.</summary>
    public required IReadOnlyDictionary<SyncAction, int> Counts { get; init; }

    /// <summary>The id of the error that ended the sync. Null if it was completed.</summary>
    public string? ErrorId { get; init; }
}

/// <summary>The record of a local account's past syncs; sealed, because it holds names of entries.</summary>
public static class SyncHistory
{
    /// <summary>How many changes of one sync are recorded at most.</summary>
    public const int MostChanges = 1000;

    private const int MostRuns = 200;

    /// <summary>The last runs, newest first.</summary>
    public static IReadOnlyList<SyncRecord> List(LocalVault vault, int last = MostRuns)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using VaultUse use = vault.Use();
        return [.. use.Connection.Query("SELECT seq, body FROM sync_record ORDER BY seq DESC LIMIT $1",
            row => (Seq: row.GetInt64(0), Body: row.GetBytes(1)), last)
            .Select(row => Open(use.Keys, row.Seq, row.Body)).OfType<SyncRecord>()];
    }

    internal static void Add(VaultUse use, SyncResult result, string? errorId)
    {
        var record = new SyncRecord
        {
            Result = result with { Changes = [.. result.Changes.Take(MostChanges)] },
            Counts = result.Changes.CountBy(),
            ErrorId = errorId,
        };
        byte[] plaintext = JsonSerializer.SerializeToUtf8Bytes(record, SyncHistoryJson.Default.SyncRecord);
        if (plaintext.Length > Limits.PartPlaintextBytes)
            plaintext = JsonSerializer.SerializeToUtf8Bytes(record with { Result = record.Result with { Changes = [] } }, SyncHistoryJson.Default.SyncRecord);
        long seq = use.Connection.Scalar<long>("SELECT coalesce(max(seq), 0) + 1 FROM sync_record");
        use.Connection.Execute("INSERT INTO sync_record (seq, started, error, body) VALUES ($1, $2, $3, $4)", seq,
            result.Started.ToUnixTimeMilliseconds(), errorId,
            use.Keys.Seal(RecordStream.None, RecordPart.SyncRecord, use.Keys.VaultId, seq, plaintext));
        use.Connection.Execute("DELETE FROM sync_record WHERE seq <= $1", seq - MostRuns);
        if (errorId is null)
            AccountRow.Change(use.Connection, use.Keys, "UPDATE account SET last_sync = $1", use.Now);
    }

    private static Dictionary<SyncAction, int> CountBy(this IReadOnlyList<SyncChange> changes) =>
        changes.GroupBy(change => change.Action).ToDictionary(group => group.Key, group => group.Count());

    private static SyncRecord? Open(VaultKeys keys, long seq, byte[] body)
    {
        if (!keys.TryOpen(RecordStream.None, RecordPart.SyncRecord, keys.VaultId, seq, body, out OpenedRecord plaintext))
            return null;
        try
        {
            return JsonSerializer.Deserialize(plaintext.Span, SyncHistoryJson.Default.SyncRecord);
        }
        finally
        {
            plaintext.Dispose();
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SyncRecord))]
internal sealed partial class SyncHistoryJson : JsonSerializerContext;
