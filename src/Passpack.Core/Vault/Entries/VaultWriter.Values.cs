using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>Writing values with their own edit times, for restore and repair.</summary>
public sealed partial class VaultWriter
{
    /// <summary>
    /// Puts values in force with their own edit times, whether or not the entry exists or opens; takes it out of the trash. A value of null stays as
    /// it is.
    /// </summary>
    internal void Put(Guid id, EntryContent? content, IReadOnlyList<string>? tags, bool? favorite)
    {
        Check(content, tags);
        Put(id, EntryState.Find(Connection, id), content, tags, favorite);
    }

    /// <summary>The same for an entry that this transaction has found to be unknown. Seals at once, with no connection; the result writes.</summary>
    internal Action SealNew(Guid id, EntryContent content, IReadOnlyList<string>? tags, bool? favorite)
    {
        Check(content, tags);
        return SealChecked(id, content, tags, favorite);
    }

    /// <summary>
    /// Replaces a value that does not open; an entry in the trash stays there. The damaged value does not go to the history, because nobody could
    /// restore it.
    /// </summary>
    internal void PutInForce(Guid id, Snapshot value)
    {
        long newest = Connection.Scalar<long>("SELECT coalesce(max(seq), 0) FROM history");
        long? trashed = EntryState.Find(Connection, id) is { IsTrashed: true } ? _now : null;
        Put(id, value.Data, value.Tags, value.Favorite);
        if (trashed is not null && value.Data is not null)
            Trash(id);
        foreach (long number in Connection.Query("SELECT seq, stream, version, head, tail FROM history WHERE seq > $1 AND id = $2", row => (
            Number: row.GetInt64(0),
            Opens: Snapshot.TryOpen(Keys, new((RecordStream)row.GetInt64(1), id, row.GetInt64(2), row.GetBytesOrNull(3),
                row.GetBytesOrNull(4))) is not null), newest, id)
            .Where(version => !version.Opens).Select(version => version.Number).ToList())
        {
            DropVersion(number);
        }
    }

    /// <summary>Replaces an earlier version that does not open by a sound record.</summary>
    internal void ReplaceVersion(long number, byte[] head, byte[]? tail) =>
        Connection.Execute("UPDATE history SET head = $2, tail = $3 WHERE seq = $1", number, head, tail);

    /// <summary>
    /// Removes an earlier version for good. An edit based on it is then merged without a base; if it was a loser to be pushed, it is not pushed.
    /// </summary>
    internal void DropVersion(long number)
    {
        Connection.Execute("UPDATE local_data SET base = NULL WHERE base = $1", number);
        Connection.Execute("UPDATE local_data SET loser = NULL WHERE loser = $1", number);
        Connection.Execute("DELETE FROM history WHERE seq = $1", number);
    }

    /// <summary>
    /// Removes a local change, so that the mirror's value is in force. An entry in the trash loses only its own content, and stays there.
    /// </summary>
    internal void DropLocal(RecordStream stream, Guid id)
    {
        if (stream == RecordStream.Tags)
            _tags.Release(id);
        else if (stream == RecordStream.Favorite)
            _favorites.Release(id);
        else if (EntryState.Find(Connection, id) is { IsTrashed: true } trashed)
        {
            Connection.Execute(
                "UPDATE local_data SET base = NULL, loser = NULL, digest = NULL, name_key = NULL, head = NULL, tail = NULL, version = $2 WHERE id = $1",
                id, trashed.MirrorContentVersion);
        }
        else
        {
            LocalData.Forget(Connection, id);
        }
    }

    /// <summary>Adds versions that were replaced on another machine, oldest first.</summary>
    internal void AddHistory(Guid id, IEnumerable<BackupVersion> versions) => SealHistory(id, versions)();

    /// <summary>The same. Seals at once, with no connection; the result writes.</summary>
    internal Action SealHistory(Guid id, IEnumerable<BackupVersion> versions)
    {
        List<(BackupVersion Version, SealedVersion Value)> sealedVersions = [.. versions.Select(version => (version, SealVersion(id, version)))];
        return () =>
        {
            var newest = new Dictionary<RecordStream, long>();
            foreach ((BackupVersion version, SealedVersion value) in sealedVersions)
                newest[version.Stream] = History.Add(Connection, value, version.Reason, version.Replaced, _now);
            foreach ((RecordStream stream, long seq) in newest)
                Retention.Trim(Connection, stream, id, seq, _now);
        };
    }

    private SealedVersion SealVersion(Guid id, BackupVersion version)
    {
        (byte[] head, byte[]? tail) = version.Value switch
        {
            { Data: { } data } => SealedEntry.Seal(Keys, id, LocalOverlay.LocalVersion, data) is var parts
                ? (parts.Summary, (byte[]?)parts.Secret) : default,
            { Tags: { } tags } => (Seal(id, tags, isNew: true), null),
            { Favorite: var favorite } => (Seal(id, favorite ?? false, isNew: true), null),
        };
        return new SealedVersion(version.Stream, id, LocalOverlay.LocalVersion, head, tail);
    }

    /// <summary>Adds a content that does not come into force to the history, unless it is there already.</summary>
    internal void KeepLoser(Guid id, EntryContent content)
    {
        foreach ((long version, byte[]? head, byte[]? tail) in Connection.Query("SELECT version, head, tail FROM history WHERE stream = 1 AND id = $1",
            row => (row.GetInt64(0), row.GetBytesOrNull(1), row.GetBytesOrNull(2)), id))
        {
            if (Snapshot.TryOpen(Keys, new(RecordStream.Data, id, version, head, tail)) is { Data: { } known } && known.HasSameFieldsAs(content))
                return;
        }
        AddHistory(id, [new BackupVersion(RecordStream.Data, _now, Reason, new Snapshot(content, null, null))]);
    }

    /// <summary>Adds the versions that an item of another program's file had before to the history of its new entry.</summary>
    /// <param name="id">The entry, which this transaction has added.</param>
    /// <param name="values">The values in force.</param>
    /// <param name="earlier">The oldest first: when each was replaced, and its values that differ from the next version's.</param>
    internal void AddEarlier(Guid id, EntryEdit values, IEnumerable<(DateTimeOffset? Until, EntryEdit Values)> earlier)
    {
        EntryContent content = EntryContent.New(values with { Imported = null }, _now);
        long until = _now;
        var versions = new List<BackupVersion>();
        foreach ((DateTimeOffset? replaced, EntryEdit before) in earlier.Reverse())
        {
            EntryTexts.Check(before, requireName: false);
            content = content.Apply(before, _now);
            until = Math.Min(until, replaced?.ToUnixTimeMilliseconds() ?? until);
            versions.Add(new BackupVersion(RecordStream.Data, until, Reason, new Snapshot(content, null, null)));
        }
        versions.Reverse();
        AddHistory(id, versions);
    }

    /// <summary>Adds values that an import does not put in force to the history.</summary>
    internal void KeepLost(Guid id, EntryEdit values)
    {
        EntryTexts.Check(values, requireName: false);
        if (EntryState.Find(Connection, id) is { IsLive: true } state)
            KeepLoser(id, state.Open(Keys).Apply(values, _now));
    }

    private static void Check(EntryContent? content, IReadOnlyList<string>? tags) =>
        EntryTexts.Check((content is null ? new EntryEdit() : new Snapshot(content, null, null).ToEdit()) with { Tags = tags },
            requireName: content is not null);
}
