using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>Values as a backup or the history has them, edit times and all: what a restore and a repair put in force, or take away.</summary>
public sealed partial class VaultWriter
{
    /// <summary>
    /// Puts values in force as they are, edit times and all, whether or not there is such an entry, and whether or not what is there
    /// opens; out of the trash, too. Null: that stays.
    /// </summary>
    internal void Put(Guid id, EntryContent? content, IReadOnlyList<string>? tags, bool? favorite)
    {
        Check(content, tags);
        Put(id, EntryState.Find(Connection, id), content, tags, favorite);
    }

    /// <summary>The same of an entry of which nothing is known here, as this very change has seen.</summary>
    internal void PutNew(Guid id, EntryContent content, IReadOnlyList<string>? tags, bool? favorite)
    {
        Check(content, tags);
        Put(id, null, content, tags, favorite);
    }

    /// <summary>
    /// Puts one value in force in the place of one that does not open, of an entry in the trash too, which stays there. The other does not go
    /// to the history: nobody could go back to it.
    /// </summary>
    internal void PutInForce(Guid id, Snapshot value)
    {
        long newest = Connection.Scalar<long>("SELECT coalesce(max(seq), 0) FROM history");
        long? trashed = EntryState.Find(Connection, id) is { IsTrashed: true } ? _now : null;
        Put(id, value.Data, value.Tags, value.Favorite);
        if (trashed is not null && value.Data is not null)
            Trash(id);
        foreach (long number in Connection.Query("SELECT seq, stream, version, head, tail FROM history WHERE seq > $1 AND id = $2", row => (Number: row.GetInt64(0),
            Opens: Snapshot.TryOpen(Keys, (RecordStream)row.GetInt64(1), id, row.GetInt64(2), row.GetBytesOrNull(3), row.GetBytesOrNull(4)) is not null), newest, id)
            .Where(version => !version.Opens).Select(version => version.Number).ToList())
        {
            DropVersion(number);
        }
    }

    /// <summary>Puts a sound record in the place of an earlier version that does not open.</summary>
    internal void ReplaceVersion(long number, byte[] head, byte[]? tail) =>
        Connection.Execute("UPDATE history SET head = $2, tail = $3 WHERE seq = $1", number, head, tail);

    /// <summary>Removes an earlier version for good. An edit that was made on it is merged without a base; one that was to go up before it does not.</summary>
    internal void DropVersion(long number)
    {
        Connection.Execute("UPDATE local_data SET base = NULL WHERE base = $1", number);
        Connection.Execute("UPDATE local_data SET loser = NULL WHERE loser = $1", number);
        Connection.Execute("DELETE FROM history WHERE seq = $1", number);
    }

    /// <summary>Gives up a local change: what online has is in force from now on. Of entry data in the trash only the content, so that it stays there.</summary>
    internal void DropLocal(RecordStream stream, Guid id)
    {
        if (stream == RecordStream.Tags)
            _tags.Release(id);
        else if (stream == RecordStream.Favorite)
            _favorites.Release(id);
        else if (EntryState.Find(Connection, id) is { IsTrashed: true } trashed)
            Connection.Execute("UPDATE local_data SET base = NULL, loser = NULL, digest = NULL, name_key = NULL, head = NULL, tail = NULL, version = $2 WHERE id = $1", id, trashed.MirrorContentVersion);
        else
            Connection.Execute("DELETE FROM local_data WHERE id = $1", id);
    }

    /// <summary>Takes over versions that were replaced elsewhere, the oldest first.</summary>
    internal void AddHistory(Guid id, IEnumerable<BackupVersion> versions)
    {
        var newest = new Dictionary<RecordStream, long>();
        foreach (BackupVersion version in versions)
        {
            (byte[] head, byte[]? tail) = version.Value switch
            {
                { Data: { } data } => SealedEntry.Seal(Keys, id, LocalOverlay.LocalVersion, data) is var parts ? (parts.Summary, (byte[]?)parts.Secret) : default,
                { Tags: { } tags } => (Seal(id, tags, isNew: true), null),
                { Favorite: var favorite } => (Seal(id, favorite ?? false, isNew: true), null),
            };
            newest[version.Stream] = History.Add(Connection, version.Stream, id, LocalOverlay.LocalVersion, head, tail, version.Reason, version.Replaced, _now);
        }
        foreach ((RecordStream stream, long seq) in newest)
            Retention.Trim(Connection, stream, id, seq, _now);
    }

    /// <summary>Keeps a content that does not come into force; once.</summary>
    internal void KeepLoser(Guid id, EntryContent content)
    {
        foreach ((long version, byte[]? head, byte[]? tail) in Connection.Query("SELECT version, head, tail FROM history WHERE stream = 1 AND id = $1",
            row => (row.GetInt64(0), row.GetBytesOrNull(1), row.GetBytesOrNull(2)), id))
        {
            if (Snapshot.TryOpen(Keys, RecordStream.Data, id, version, head, tail) is { Data: { } known } && known.HasSameFieldsAs(content))
                return;
        }
        AddHistory(id, [new BackupVersion(RecordStream.Data, _now, Reason, new Snapshot(content, null, null))]);
    }

    private static void Check(EntryContent? content, IReadOnlyList<string>? tags) =>
        EntryTexts.Check((content is null ? new EntryEdit() : new Snapshot(content, null, null).ToEdit()) with { Tags = tags }, demandName: content is not null);
}
