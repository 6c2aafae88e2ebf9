namespace Passpack.Vault.Entries;

/// <summary>Which side a field of a merged entry came from.</summary>
internal enum Side
{
    Local,
    Online,
}

/// <summary>
/// A three-way merge of an entry, field by field. A field that one side changed comes from that side; for a field that both changed, the caller
/// chooses. User ID and Password are one field; extra fields merge by name.
/// </summary>
internal sealed class EntryMerge
{
    private readonly EntryContent _local;
    private readonly EntryContent _online;
    private readonly Dictionary<string, Side> _sides = new(StringComparer.Ordinal);

    /// <param name="original">
    /// The version that both were made from. Null if both sides created the entry; then every difference is a conflict.
    /// </param>
    /// <param name="local">This machine's.</param>
    /// <param name="online">The online account's.</param>
    public EntryMerge(EntryContent? original, EntryContent local, EntryContent online)
    {
        _local = local;
        _online = online;
        HashSet<string>? localChanges = Changes(original, local), onlineChanges = Changes(original, online);
        var conflicts = new List<string>();
        foreach (string field in EntryField.Differences(local, online))
        {
            if (localChanges?.Contains(field) == false)
                _sides[field] = Side.Online;
            else if (onlineChanges?.Contains(field) == false)
                _sides[field] = Side.Local;
            else if (field == EntryField.Login && FurtherIn(original, local, online) is { } further)
                _sides[field] = further;
            else if (field == EntryField.Imported)
                _sides[field] = local.TimeOf(field) > online.TimeOf(field) ? Side.Local : Side.Online;
            else
                conflicts.Add(field);
        }
        Conflicts = conflicts;
    }

    /// <summary>The fields that both sides changed to different values.</summary>
    public IReadOnlyList<string> Conflicts { get; }

    /// <summary>Settles one conflict.</summary>
    public void Choose(string field, Side side) => _sides[field] = side;

    /// <summary>The sides of all fields in which the two differ.</summary>
    public IReadOnlyDictionary<string, Side> Sides => _sides;

    /// <summary>The merged entry; every field keeps its edit time from the side it was taken from.</summary>
    public EntryContent Merge()
    {
        EntryContent login = From(EntryField.Login), imported = From(EntryField.Imported);
        List<ExtraField> fields = MergeExtraFields();
        List<Attachment> attachments = MergeAttachments();
        return _online with
        {
            Name = From(EntryField.Name).Name,
            UserId = login.UserId,
            Password = login.Password,
            Pending = login.Pending,
            Url = From(EntryField.Url).Url,
            Email = From(EntryField.Email).Email,
            Notes = From(EntryField.Notes).Notes,
            SharedNotes = From(EntryField.SharedNotes).SharedNotes,
            ExtraFields = fields,
            Flags = EntryFlag.Of(fields, login.Pending),
            Attachments = attachments,
            AttachmentCount = attachments.Count,
            Type = From(EntryField.Type).Type,
            Expires = From(EntryField.Expires).Expires,
            Imported = imported.Imported,
            ImportKey = imported.ImportKey,
            Times = MergeTimes(),
            Modified = Math.Max(_local.Modified, _online.Modified),
        };
    }

    /// <summary>
    /// Of one rotation that both sides carried on, the side that is further: it has every value that the other has. Null if the two differ otherwise.
    /// </summary>
    private static Side? FurtherIn(EntryContent? original, EntryContent local, EntryContent online)
    {
        if (original is null || local.UserId != online.UserId)
            return null;
        if (local.Pending is { } here && here.IsSameAs(online.Pending) && local.Password == online.Password)
            return here.Rank > online.Pending!.Rank ? Side.Local : Side.Online;
        if (local.IsFinishOf(online) && online.Password == original.Password)
            return Side.Local;
        return online.IsFinishOf(local) && local.Password == original.Password ? Side.Online : null;
    }

    private static HashSet<string>? Changes(EntryContent? original, EntryContent now) =>
        original is null ? null : [.. EntryField.Differences(original, now)];

    private EntryContent From(string field) => _sides.TryGetValue(field, out Side side) && side == Side.Local ? _local : _online;

    private List<ExtraField> MergeExtraFields()
    {
        bool localOrder = _sides.TryGetValue(EntryField.ExtraOrder, out Side side) && side == Side.Local;
        return Merge(EntryField.Keyed(_local.ExtraFields), EntryField.Keyed(_online.ExtraFields), localOrder);
    }

    private List<Attachment> MergeAttachments() =>
        Merge(EntryField.Keyed(_local.Attachments), EntryField.Keyed(_online.Attachments), localOrder: false);

    private List<T> Merge<T>(Dictionary<string, T> local, Dictionary<string, T> online, bool localOrder)
    {
        var merged = new List<T>();
        foreach (string key in localOrder ? local.Keys.Union(online.Keys) : online.Keys.Union(local.Keys))
        {
            // Unchanged fields exist on both sides. A field missing on the chosen side was deleted there.
            if ((ReferenceEquals(From(key), _local) ? local : online).TryGetValue(key, out T? field))
                merged.Add(field);
        }
        return merged;
    }

    private Dictionary<string, long> MergeTimes()
    {
        var times = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string field in _local.Times.Keys.Union(_online.Times.Keys))
        {
            // If both sides have the same value, the later time: so that all machines agree on the time, too.
            long time = _sides.ContainsKey(field) ? From(field).TimeOf(field) : Math.Max(_local.TimeOf(field), _online.TimeOf(field));
            if (time != _online.Created)
                times[field] = time;
        }
        return times;
    }
}
