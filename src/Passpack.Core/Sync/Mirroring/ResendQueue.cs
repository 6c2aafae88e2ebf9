using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Mirroring;

/// <summary>
/// Records of other streams than entry data that this machine sends although nobody edited them here: what a restored server lost, and
/// what goes over a damaged record.
/// </summary>
internal sealed class ResendQueue(SyncRun run)
{
    private const string Waiting = """
        FROM resend r WHERE NOT EXISTS (SELECT 1 FROM mirror m WHERE m.stream = r.stream AND m.id = r.id AND m.version >= r.version)
        """;

    private VaultConnection Connection => run.Connection;

    /// <summary>Null: there is nothing to send.</summary>
    public static ResendQueue? Of(SyncRun run) => run.Connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM resend)") == 0 ? null : new ResendQueue(run);

    /// <summary>Keeps what online had, to send it as it is; until it is there again, this machine goes on showing it.</summary>
    public void Keep(byte stream, Guid id, MirrorRecord lost)
    {
        if (lost.Head is null)
            return;
        if (Flags(stream) is { } flags && !flags.HasOwn(id))
            flags.PutAsOnline(id, lost.ContentVersion!.Value, lost.Head);
        if (lost.ContentVersion == lost.Version)
            Put(stream, id, lost.Version, lost.Head);
    }

    /// <summary>Sends a record of this machine's.</summary>
    public void Put(byte stream, Guid id, long version, byte[] body) =>
        Connection.Execute("INSERT OR REPLACE INTO resend (stream, id, version, digest, body) VALUES ($1, $2, $3, $4, $5)",
            (long)stream, id, version, RecordBody.Digest(body), body);

    /// <summary>What waits to go up, and is not overtaken by a newer one.</summary>
    public IEnumerable<RecordChange> All() => Connection.Query($"SELECT r.stream, r.id, r.version, r.digest, r.body {Waiting} ORDER BY r.stream, r.id",
        row => new RecordChange((byte)row.GetInt64(0), row.GetId(1), row.GetInt64(2), false, row.GetBytes(3), row.GetBytes(4)));

    /// <summary>Says what the next pushes send; forgets what was overtaken.</summary>
    public void Plan(Func<Guid, string> name)
    {
        Connection.Execute($"DELETE FROM resend WHERE (stream, id) NOT IN (SELECT r.stream, r.id {Waiting})");
        foreach ((byte stream, Guid id) in Connection.Query("SELECT stream, id FROM resend ORDER BY stream, id", row => ((byte)row.GetInt64(0), row.GetId(1))).ToList())
        {
            string[] fields = (RecordStream)stream switch { RecordStream.Tags => ["Tags"], RecordStream.Favorite => ["Favorite"], _ => [] };
            if (run.Report.Planned.TryGetValue(id, out SyncChange? planned) && planned.Action != SyncAction.Damaged)
                run.Report.Replan(planned with { Fields = [.. planned.Fields.Union(fields)] });
            else
                run.Report.Replan(new SyncChange(id, name(id), SyncAction.Pushed, fields, "what online had of it is lost or damaged there: goes up again"));
        }
    }

    /// <summary>A record has arrived there.</summary>
    /// <returns>Whether it was sent by this.</returns>
    public bool Settle(RecordChange record)
    {
        if (Connection.Execute("DELETE FROM resend WHERE stream = $1 AND id = $2 AND digest = $3", (long)record.Stream, record.Id, record.Digest) == 0)
            return false;
        // What this machine showed in its place says nothing any more; its own does.
        if (Flags(record.Stream) is { } flags && flags.HasOwn(record.Id) && flags.Effective(record.Id)?.Body.AsSpan().SequenceEqual(record.Body) == true)
            flags.Release(record.Id);
        return true;
    }

    private LocalOverlay? Flags(byte stream) => LocalOverlay.Of(run.Use, (RecordStream)stream);
}
