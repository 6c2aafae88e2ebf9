using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Mirroring;

/// <summary>
/// Tags, favorites and records of unknown streams that this machine sends again without a local edit: records that a restored server lost, and
/// replacements of damaged ones.
/// </summary>
internal sealed class ResendQueue(SyncRun run)
{
    private const string Waiting = """
        FROM resend r WHERE NOT EXISTS (SELECT 1 FROM mirror m WHERE m.stream = r.stream AND m.id = r.id AND m.version >= r.version)
        """;

    private VaultConnection Connection => run.Connection;

    /// <summary>The queue. Null if it is empty.</summary>
    public static ResendQueue? Of(SyncRun run) => run.Connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM resend)") == 0 ? null : new ResendQueue(run);

    /// <summary>Queues a record that the server lost, unchanged. Until it is online again, this machine goes on showing it.</summary>
    public void Keep(RecordKey key, MirrorRecord lost)
    {
        if (lost.Head is null)
            return;
        if (Flags(key.Stream) is { } flags && !flags.HasOwn(key.Id))
            flags.PutAsOnline(key.Id, lost.ContentVersion!.Value, lost.Head);
        if (lost.ContentVersion != lost.Version)
            return;
        var record = new RecordChange(key.Stream, key.Id, lost.Version, false, lost.Digest, lost.Head);
        // Under earlier keys the server takes records of unknown streams alone.
        if (Flags(key.Stream) is not null && ResealedRecord.EpochOf(key.Stream, false, lost.Head) < run.Keys.Epoch)
            record = ResealedRecord.Seal(run.Keys, record, record.Version) ?? record;
        Put(key, record.Version, record.Body);
    }

    /// <summary>Queues a record that this machine has sealed.</summary>
    public void Put(RecordKey key, long version, byte[] body) =>
        Connection.Execute("INSERT OR REPLACE INTO resend (stream, id, version, digest, body) VALUES ($1, $2, $3, $4, $5)",
            (long)key.Stream, key.Id, version, RecordBody.Digest(body), body);

    /// <summary>The queued records, except those that a newer online record has overtaken.</summary>
    public IEnumerable<RecordChange> All() => Connection.Query($"SELECT r.stream, r.id, r.version, r.digest, r.body {Waiting} ORDER BY r.stream, r.id",
        row => new RecordChange((byte)row.GetInt64(0), row.GetId(1), row.GetInt64(2), false, row.GetBytes(3), row.GetBytes(4)));

    /// <summary>Adds the queued records to the plan of the run, and drops those that a newer online record has overtaken.</summary>
    public void Plan(Func<Guid, string> name)
    {
        Connection.Execute($"DELETE FROM resend WHERE (stream, id) NOT IN (SELECT r.stream, r.id {Waiting})");
        foreach ((byte stream, Guid id) in Connection.Query(
            "SELECT stream, id FROM resend ORDER BY stream, id", row => new RecordKey((byte)row.GetInt64(0), row.GetId(1))).ToList())
        {
            string[] fields = (RecordStream)stream switch { RecordStream.Tags => ["Tags"], RecordStream.Favorite => ["Favorite"], _ => [] };
            if (run.Report.Planned.TryGetValue(id, out SyncChange? planned) && planned.Action != SyncAction.Damaged)
                run.Report.Replan(planned with { Fields = [.. planned.Fields.Union(fields)] });
            else
                run.Report.Replan(new SyncChange(id, name(id), SyncAction.Pushed, fields, "what online had of it is lost or damaged there: goes up again"));
        }
    }

    /// <summary>Removes a record that the server has accepted.</summary>
    /// <returns>Whether it came from this queue.</returns>
    public bool Settle(RecordChange record)
    {
        if (Connection.Execute("DELETE FROM resend WHERE stream = $1 AND id = $2 AND digest = $3", (long)record.Stream, record.Id, record.Digest) == 0)
            return false;
        // The local value that stood in for the lost record is no longer needed. A local value that differs from it is the user's, and stays.
        if (Flags(record.Stream) is { } flags && flags.HasOwn(record.Id) && flags.Effective(record.Id)?.Body.AsSpan().SequenceEqual(record.Body) == true)
            flags.Release(record.Id);
        return true;
    }

    private LocalOverlay? Flags(byte stream) => LocalOverlay.Of(run.Use, (RecordStream)stream);
}
