using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>
/// One transaction of changes: all of them at <see cref="Commit"/>, or none. Replaced values go to the entry's history. Not thread-safe.
/// </summary>
public sealed partial class VaultWriter : IDisposable
{
    private readonly VaultUse _use;
    private readonly long _now;
    private readonly LocalOverlay _tags;
    private readonly LocalOverlay _favorites;
    private bool _ended;

    internal VaultWriter(VaultUse use, long now)
    {
        _use = use;
        _now = now;
        _tags = LocalOverlay.Tags(use);
        _favorites = LocalOverlay.Favorites(use);
    }

    // After its end the writer has no transaction, and its connection may serve another.
    private VaultConnection Connection => _ended ? throw new InvalidOperationException("The change has ended.") : _use.Connection;

    private VaultKeys Keys => _use.Keys;

    internal VaultUse Use => _use;

    /// <summary>The reason recorded for values that are replaced from now on.</summary>
    internal HistoryReason Reason { get; set; } = HistoryReason.Edit;

    /// <summary>Adds an entry.</summary>
    /// <param name="values">At least the name.</param>
    /// <param name="id">
    /// An id that no live entry has; an entry in the trash with this id is replaced. Null for a new id, which sorts after all earlier ones.
    /// </param>
    /// <exception cref="ArgumentException">No name, or half a surrogate pair in a text; or the id is taken.</exception>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RecordTooLarge"/>.</exception>
    public EntrySummary Add(EntryEdit values, Guid? id = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (id is not Guid entryId || EntryState.Find(Connection, entryId) is not { } before)
            return SealNew(id ?? EntryIds.Next(_now), values)();
        EntryTexts.Check(values, requireName: true);
        if (before.IsLive)
            throw new ArgumentException($"There is already an entry {id}.", nameof(id));
        EntryContent content = EntryContent.New(values, _now);
        IReadOnlyList<string> tags = EntryTags.Apply([], values);
        bool favorite = values.Favorite ?? false;
        Put(entryId, before, content,
            tags.Count > 0 || _tags.Effective(entryId) is not null ? tags : null,
            favorite || _favorites.Effective(entryId) is not null ? favorite : null);
        return Summary(entryId, content, before.NextVersion, tags, favorite);
    }

    /// <summary>Seals new entries side by side, on all processors; to write them takes one thread.</summary>
    /// <returns>In the order of the values, what adds the entry: once, and before this writer ends. It throws what <see cref="Add"/> throws.</returns>
    public IReadOnlyList<Func<EntrySummary>> SealNew(IReadOnlyList<EntryEdit> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Guid[] ids = [.. values.Select(_ => EntryIds.Next(_now))];
        return [.. SideBySide.All(ids.Length, i => SealNew(ids[i], values[i])).Select(sealedEntry => (Func<EntrySummary>)(() => sealedEntry()()))];
    }

    private Func<EntrySummary> SealNew(Guid id, EntryEdit values)
    {
        EntryTexts.Check(values, requireName: true);
        EntryContent content = EntryContent.New(values, _now);
        IReadOnlyList<string> tags = EntryTags.Apply([], values);
        bool favorite = values.Favorite ?? false;
        Action write = SealChecked(id, content, tags.Count == 0 ? null : tags, favorite ? true : null);
        return () =>
        {
            write();
            return Summary(id, content, 1, tags, favorite);
        };
    }

    // A new entry replaces nothing, so nothing is looked up. Touches no connection before the result writes.
    private Action SealChecked(Guid id, EntryContent content, IReadOnlyList<string>? tags, bool? favorite)
    {
        SealedEntry.Parts parts = SealedEntry.Seal(Keys, id, 1, content);
        byte[] nameKey = Keys.NameKey(content.Name);
        byte[]? sealedTags = tags is null ? null : Seal(id, tags, isNew: true);
        byte[]? sealedFavorite = favorite is { } flag ? Seal(id, flag, isNew: true) : null;
        return () =>
        {
            LocalData.Put(Connection, id, 1, parts, nameKey, null);
            Set(_tags, id, sealedTags, isNew: true);
            Set(_favorites, id, sealedFavorite, isNew: true);
        };
    }

    /// <summary>Changes an entry; writes nothing if nothing changes.</summary>
    /// <returns>The entry afterwards.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.EntryNotFound"/> (also when it is in the trash), <see cref="ErrorCodes.RecordDamaged"/>, <see cref="ErrorCodes.RecordTooLarge"/>.
    /// </exception>
    public EntrySummary Edit(Guid id, EntryEdit values) => Edit(id, values, out _);

    /// <summary>As <see cref="Edit(Guid, EntryEdit)"/>, and tells whether anything changed.</summary>
    public EntrySummary Edit(Guid id, EntryEdit values, out bool changed)
    {
        ArgumentNullException.ThrowIfNull(values);
        EntryTexts.Check(values, requireName: false);
        EntryState state = EntryState.Find(Connection, id) is { IsLive: true } live ? live : throw VaultUse.NotFound(id, _use.UserId);
        EntryContent before = state.Open(Keys);
        EntryContent after = before.Apply(values, _now);
        IReadOnlyList<string> tagsBefore = OpenTags(id), tags = EntryTags.Apply(tagsBefore, values);
        bool favoriteBefore = OpenFavorite(id), favorite = values.Favorite ?? favoriteBefore;
        bool dataChanged = !ReferenceEquals(before, after);
        // All records are opened and sealed before the first write, as in Add.
        SealedEntry.Parts parts = dataChanged ? SealedEntry.Seal(Keys, id, state.NextVersion, after) : default;
        byte[]? sealedTags = tags.SequenceEqual(tagsBefore) ? null : Seal(id, tags);
        byte[]? sealedFavorite = favorite == favoriteBefore ? null : Seal(id, favorite);

        if (dataChanged)
        {
            // The steps of one rotation would push versions out of the history that have other values.
            long? kept = state.IsLocal && before.DiffersInStepOnly(after) ? null : state.KeepInHistory(_use, Reason, _now);
            Store(id, state.NextVersion, parts, after, state.IsLocal ? state.Base : kept);
        }
        Set(_tags, id, sealedTags, isNew: false);
        Set(_favorites, id, sealedFavorite, isNew: false);
        changed = dataChanged || sealedTags is not null || sealedFavorite is not null;
        return Summary(id, after, dataChanged ? state.NextVersion : state.Version, tags, favorite);
    }

    /// <summary>What is attached to an entry, as this transaction sees it.</summary>
    internal IReadOnlyList<Attachment> Attachments(Guid id) =>
        (EntryState.Find(Connection, id) is { IsLive: true } live ? live : throw VaultUse.NotFound(id, _use.UserId)).Open(Keys).Attachments;

    /// <summary>Puts an entry into this machine's trash. The next sync puts it back if the online account still has it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/> (also when it is there already).</exception>
    public void Trash(Guid id)
    {
        EntryState state = EntryState.Find(Connection, id) is { IsLive: true } live ? live : throw VaultUse.NotFound(id, _use.UserId);
        if (state.IsLocal)
            Connection.Execute("UPDATE local_data SET trashed = $2, pending = $3 WHERE id = $1", id, _now, state.IsOnline ? 1 : 0);
        else
            Connection.Execute("INSERT INTO local_data (id, version, trashed, pending) VALUES ($1, $2, $3, 1)", id, state.Version, _now);
    }

    /// <summary>Takes an entry out of the trash.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>: it is not in the trash.</exception>
    public EntrySummary Restore(Guid id)
    {
        EntryState state = RequireTrashed(id);
        EntryContent content = state.Open(Keys);
        IReadOnlyList<string> tags = OpenTags(id);
        bool favorite = OpenFavorite(id);
        if (state.HasOwnContent)
            Store(id, state.NextVersion, SealedEntry.Seal(Keys, id, state.NextVersion, content), content, state.Base);
        else
            LocalData.Forget(Connection, id);
        return Summary(id, content, state.HasOwnContent ? state.NextVersion : state.Version, tags, favorite);
    }

    /// <summary>Puts an earlier version in force as an edit made now. An entry in the trash comes out of it.</summary>
    /// <param name="version">As <see cref="LocalVault.History"/> gave it.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.EntryNotFound"/>: entry or version is not there; <see cref="ErrorCodes.RecordDamaged"/>.
    /// </exception>
    public EntrySummary Restore(EntryVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        if (EntryState.Find(Connection, version.EntryId) is { IsTrashed: true, IsPurged: false })
            Restore(version.EntryId);
        return Edit(version.EntryId, History.Open(_use, version).ToEdit());
    }

    /// <summary>Removes an entry from the trash for good, with its history. If the entry is still online, the next sync brings it back.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.EntryNotFound"/>: it is not in the trash.</exception>
    public void Purge(Guid id)
    {
        EntryState state = RequireTrashed(id);
        if (state.IsOnline)
        {
            LocalData.Purge(Connection, id);
        }
        else
        {
            LocalData.Forget(Connection, id);
            _tags.Release(id);
            _favorites.Release(id);
        }
        History.Forget(Connection, id);
    }

    /// <summary>Commits: on return the changes are on the disk.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.DiskFull"/> and the like: then nothing has changed.</exception>
    public void Commit()
    {
        Connection.Commit();
        _ended = true;
    }

    /// <summary>Ends the transaction; rolls back uncommitted changes.</summary>
    public void Dispose()
    {
        _ended = true;
        _use.Dispose();
    }

    private void Put(Guid id, EntryState? before, EntryContent? content, IReadOnlyList<string>? tags, bool? favorite)
    {
        // All records are sealed before the first write, so that an entry that is too large leaves no trace in its batch. A new entry replaces
        // nothing, so nothing is looked up: an import makes many.
        long version = before?.NextVersion ?? 1;
        SealedEntry.Parts parts = content is null ? default : SealedEntry.Seal(Keys, id, version, content);
        bool isNew = before is null;
        byte[]? sealedTags = tags is null ? null : Seal(id, tags, isNew);
        byte[]? sealedFavorite = favorite is { } flag ? Seal(id, flag, isNew) : null;

        if (content is not null)
        {
            long? kept = before?.Head is null ? null : before.KeepInHistory(_use, Reason, _now);
            Store(id, version, parts, content, before is { HasOwnContent: true } ? before.Base : kept);
        }
        Set(_tags, id, sealedTags, isNew);
        Set(_favorites, id, sealedFavorite, isNew);
    }

    private void Store(Guid id, long version, SealedEntry.Parts parts, EntryContent content, long? baseSeq) =>
        LocalData.Put(Connection, id, version, parts, Keys.NameKey(content.Name), baseSeq);

    private IReadOnlyList<string> OpenTags(Guid id) => _tags.Effective(id) is { } own ? SealedEntry.OpenTags(Keys, id, own.Version, own.Body) : [];

    private bool OpenFavorite(Guid id) => _favorites.Effective(id) is { } own && SealedEntry.OpenFavorite(Keys, id, own.Version, own.Body);

    private byte[] Seal(Guid id, IReadOnlyList<string> tags, bool isNew = false) =>
        SealedEntry.SealTags(Keys, id, LocalOverlay.LocalVersion, tags, isNew ? null : Unknown(_tags, id));

    private byte[] Seal(Guid id, bool favorite, bool isNew = false) =>
        SealedEntry.SealFavorite(Keys, id, LocalOverlay.LocalVersion, favorite, isNew ? null : Unknown(_favorites, id));

    // A damaged record has no unknown members to keep, and must not prevent its replacement.
    private IReadOnlyList<KeyValuePair<string, string>>? Unknown(LocalOverlay flags, Guid id) => flags.Effective(id) is not { } own
        ? null
        : SealedEntry.OrNull(() => SealedEntry.UnknownMembers(Keys, flags.Stream, id, own.Version, own.Body));

    private void Set(LocalOverlay flags, Guid id, byte[]? body, bool isNew)
    {
        if (body is null)
            return;
        if (!isNew)
            flags.KeepInHistory(id, Reason, _now);
        flags.Put(id, body);
    }

    private EntryState RequireTrashed(Guid id) =>
        EntryState.Find(Connection, id) is { IsTrashed: true, IsPurged: false } state ? state : throw VaultUse.NotFound(id, _use.UserId);

    private static EntrySummary Summary(Guid id, EntryContent content, long version, IReadOnlyList<string> tags, bool favorite) =>
        content.ToSummary(id, version, tags, favorite);
}
