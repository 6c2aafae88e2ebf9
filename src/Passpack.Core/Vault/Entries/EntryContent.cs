using Passpack.Vault.Fields;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>
/// The whole of an entry's data as it is sealed: its fields, their edit times, and unknown members of a later version, which are kept.
/// </summary>
internal sealed record EntryContent
{
    public string Name { get; init; } = "";
    public string UserId { get; init; } = "";
    public string Password { get; init; } = "";
    public string Url { get; init; } = "";
    public string Email { get; init; } = "";
    public string Notes { get; init; } = "";
    public string SharedNotes { get; init; } = "";
    public IReadOnlyList<ExtraField> ExtraFields { get; init; } = [];

    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>How many attachments there are: as the summary says, or the secret if it is there.</summary>
    public int AttachmentCount { get; init; }

    /// <summary>One of <see cref="EntryTypes"/>, or another word in lower case; empty stands for a login.</summary>
    public string Type { get; init; } = "";

    /// <summary>When the entry expires, in milliseconds since 1970. Null if it does not.</summary>
    public long? Expires { get; init; }

    /// <summary>The types of Extra Fields that lists show without opening a secret. As the summary says, or the Extra Fields if they are there.</summary>
    public EntryFlags Flags { get; init; }

    /// <summary>A password that is being changed elsewhere. Null if none is.</summary>
    public PendingPassword? Pending { get; init; }

    /// <summary>The item of another program's file that the entry was imported from. Null if there is none.</summary>
    public ImportTrace? Imported { get; init; }

    /// <summary>The part of <see cref="Imported"/> that the summary holds: <see cref="ImportTrace.KeyOf"/>.</summary>
    public string ImportKey { get; init; } = "";

    /// <summary>Milliseconds since 1970.</summary>
    public long Created { get; init; }

    /// <summary>The newest edit time of any field.</summary>
    public long Modified { get; init; }

    /// <summary>Edit times by <see cref="EntryField"/>; a field without one was last edited at <see cref="Created"/>.</summary>
    public IReadOnlyDictionary<string, long> Times { get; init; } = EntryField.NoTimes;

    /// <summary>Members of the summary that this version does not know: name and raw JSON.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UnknownInSummary { get; init; } = [];

    /// <summary>Members of the secret that this version does not know.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UnknownInSecret { get; init; } = [];

    public long TimeOf(string field) => Times.TryGetValue(field, out long time) ? time : Created;

    /// <summary>The content of a new entry; all its times are now.</summary>
    public static EntryContent New(EntryEdit values, long now) =>
        new EntryContent().Apply(values, now) with { Created = now, Modified = now, Times = EntryField.NoTimes };

    /// <summary>
    /// The content with the values of an edit, and for every field that changed the time <c>max(now, its time + 1 ms)</c>. Returns the same object if
    /// nothing changed.
    /// </summary>
    public EntryContent Apply(EntryEdit edit, long now)
    {
        edit.Rotation?.RequireFits(this);
        EntryContent edited = this with
        {
            Name = edit.Name ?? Name,
            UserId = edit.UserId ?? UserId,
            Password = edit.Password ?? Password,
            Pending = edit.Rotation is { } rotation ? rotation.Pending : Pending,
            Url = edit.Url ?? Url,
            Email = edit.Email ?? Email,
            Notes = edit.Notes ?? Notes,
            SharedNotes = edit.SharedNotes ?? SharedNotes,
            ExtraFields = edit.ExtraFields is { } fields ? Replace(ExtraFields, fields) : ExtraFields,
            Type = edit.Type is null ? Type : edit.Type == EntryTypes.Login ? "" : edit.Type,
            Expires = edit.NeverExpires ? null : edit.Expires?.ToUnixTimeMilliseconds() ?? Expires,
            Imported = edit.Imported ?? Imported,
            ImportKey = edit.Imported?.Key ?? ImportKey,
        };
        if (edit.Attachments is { } attachments && !attachments.SequenceEqual(Attachments))
            edited = edited with { Attachments = [.. attachments] };
        edited = edited with { Flags = EntryFlag.Of(edited.ExtraFields, edited.Pending), AttachmentCount = edited.Attachments.Count };
        IReadOnlyList<string> changed = EntryField.Differences(this, edited);
        if (changed.Count == 0)
            return this;
        var times = new Dictionary<string, long>(Times);
        foreach (string field in changed)
            times[field] = Math.Max(now, TimeOf(field) + 1);
        return edited with { Times = times, Modified = Math.Max(Modified, changed.Max(field => times[field])) };
    }

    /// <summary>
    /// The Extra Fields after an edit. Whoever edits cannot name the members that this version does not know, and may not say the type: so each field
    /// keeps its own.
    /// </summary>
    public static IReadOnlyList<ExtraField> Replace(IReadOnlyList<ExtraField> before, IReadOnlyList<ExtraField> after)
    {
        if (before.Any(field => field.Unknown is not null) || after.Any(field => field.Type == ExtraField.TypeNotSaid))
        {
            Dictionary<string, ExtraField> known = EntryField.Keyed(before);
            after =
            [
                .. EntryField.Keyed(after).Select(field => (Given: field.Value, Known: known.GetValueOrDefault(field.Key)))
                    .Select(field => (field.Given.Type == ExtraField.TypeNotSaid ? OfKnownType(field.Given, field.Known) : field.Given) with
                    {
                        Unknown = field.Known?.Unknown,
                    }),
            ];
        }
        return after.SequenceEqual(before) ? before : [.. after];
    }

    private static ExtraField OfKnownType(ExtraField given, ExtraField? known)
    {
        string type = known?.Type ?? FieldTypes.Text;
        string? fault = null;
        string? data = given.Data == known?.Data ? given.Data : FieldData.Enter(type, given.Data, given.Name, out fault);
        return data is not null ? given with { Type = type, Data = data }
            : throw new ArgumentException($"The Extra Field '{given.Name}' is of type {type}, and does not take this: {fault}.");
    }

    /// <summary>Whether another content is this one but for the step of a rotation: then no value is lost with either.</summary>
    public bool DiffersInStepOnly(EntryContent other) => Pending is { } pending && pending.IsSameAs(other.Pending)
        && (this with { Pending = other.Pending }).HasSameFieldsAs(other);

    /// <summary>Whether the rotation that is under way in another content is finished in this one.</summary>
    public bool IsFinishOf(EntryContent other) => Pending is null && other.Pending is { } pending && Password == pending.Value;

    /// <summary>Whether all fields that the user sees are equal.</summary>
    public bool HasSameFieldsAs(EntryContent other) => EntryField.Differences(this, other).Count == 0;

    /// <summary>What lists show of an entry with this content.</summary>
    public EntrySummary ToSummary(Guid id, long version, IReadOnlyList<string> tags, bool favorite) => new()
    {
        Id = id,
        Name = Name,
        UserId = UserId,
        Url = Url,
        Email = Email,
        Type = Type.Length == 0 ? EntryTypes.Login : Type,
        Expires = Expires.ToTime(),
        Flags = Flags,
        Attachments = AttachmentCount,
        Tags = tags,
        Favorite = favorite,
        Created = Created.ToTime(),
        Modified = Modified.ToTime(),
        Version = version,
        ImportKey = ImportKey,
    };

    public EntrySecret ToSecret() => new()
    {
        Password = Password, Notes = Notes, SharedNotes = SharedNotes, ExtraFields = ExtraFields, Attachments = Attachments, Imported = Imported,
        Pending = Pending,
    };
}

/// <summary>
/// The fields that merge and carry an edit time. User ID and Password count as one field, so that a merge never combines a password with the wrong
/// login.
/// </summary>
internal static class EntryField
{
    public const string Name = "name";
    public const string Login = "login";
    public const string Url = "url";
    public const string Email = "email";
    public const string Notes = "notes";
    public const string SharedNotes = "sharedNotes";
    public const string Type = "type";
    public const string Expires = "expires";

    /// <summary>Where the entry was imported from; nobody edits it, so it is never a conflict.</summary>
    public const string Imported = "imported";

    /// <summary>Stands for the order of the extra fields, if only that has changed.</summary>
    public const string ExtraOrder = "extraOrder";

    private const string ExtraPrefix = "extra:";
    private const string AttachmentPrefix = "attachment:";

    public static readonly IReadOnlyDictionary<string, long> NoTimes = new Dictionary<string, long>();

    /// <summary>Whether field and edit time are sealed in the summary; otherwise they are in the secret.</summary>
    public static bool IsInSummary(string field) => field is Name or Login or Url or Email or Type or Expires;

    /// <summary>The fields in which two contents differ.</summary>
    public static IReadOnlyList<string> Differences(EntryContent a, EntryContent b)
    {
        var fields = new List<string>();
        Add(Name, a.Name == b.Name);
        Add(Login, a.UserId == b.UserId && a.Password == b.Password && a.Pending == b.Pending);
        Add(Url, a.Url == b.Url);
        Add(Email, a.Email == b.Email);
        Add(Notes, a.Notes == b.Notes);
        Add(SharedNotes, a.SharedNotes == b.SharedNotes);
        Add(Type, a.Type == b.Type);
        Add(Expires, a.Expires == b.Expires);
        Add(Imported, a.Imported == b.Imported);
        if (!ReferenceEquals(a.ExtraFields, b.ExtraFields) && !a.ExtraFields.SequenceEqual(b.ExtraFields))
            AddExtraFields();
        if (!ReferenceEquals(a.Attachments, b.Attachments) && !a.Attachments.SequenceEqual(b.Attachments))
            AddAttachments();
        return fields;

        void Add(string field, bool same)
        {
            if (!same)
                fields.Add(field);
        }

        // Their order means nothing.
        void AddAttachments()
        {
            Dictionary<string, Attachment> left = Keyed(a.Attachments), right = Keyed(b.Attachments);
            fields.AddRange(left.Keys.Union(right.Keys).Where(key => left.GetValueOrDefault(key) != right.GetValueOrDefault(key)));
        }

        void AddExtraFields()
        {
            int before = fields.Count;
            Dictionary<string, ExtraField> left = Keyed(a.ExtraFields), right = Keyed(b.ExtraFields);
            fields.AddRange(left.Keys.Union(right.Keys).Where(key => left.GetValueOrDefault(key) != right.GetValueOrDefault(key)));
            if (fields.Count == before)
                fields.Add(ExtraOrder);
        }
    }

    /// <summary>Extra fields by the key under which they merge: the name, with an ordinal from the second field of that name on.</summary>
    public static Dictionary<string, ExtraField> Keyed(IReadOnlyList<ExtraField> fields) => Keyed(fields, ExtraPrefix, field => field.Name);

    /// <summary>Attachments by the key under which they merge: the name, with an ordinal where another program wrote one twice.</summary>
    public static Dictionary<string, Attachment> Keyed(IReadOnlyList<Attachment> attachments) =>
        Keyed(attachments, AttachmentPrefix, attachment => attachment.Name);

    private static Dictionary<string, T> Keyed<T>(IReadOnlyList<T> items, string prefix, Func<T, string> nameOf)
    {
        var keyed = new Dictionary<string, T>(StringComparer.Ordinal);
        // Tens of thousands may have one name: those ordinals of it that are taken are not tried again.
        var ordinals = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (T item in items)
        {
            string name = nameOf(item);
            int ordinal = ordinals.GetValueOrDefault(name, 1);
            while (!keyed.TryAdd(ordinal == 1 ? prefix + name : $"{prefix}{name}\n{ordinal}", item))
                ordinal++;
            ordinals[name] = ordinal + 1;
        }
        return keyed;
    }

    /// <summary>How a field is named to the user.</summary>
    public static string Title(string field) => field switch
    {
        Name => "Entry Name",
        Login => "User ID/Password",
        Url => "URL",
        Email => "Email",
        Notes => "Notes",
        SharedNotes => "Shared Notes",
        Type => "Type",
        Expires => "Expires",
        Imported => "Import",
        ExtraOrder => "Extra Fields",
        _ when field.StartsWith(AttachmentPrefix, StringComparison.Ordinal) => $"Attachment {field[AttachmentPrefix.Length..].Split('\n')[0]}",
        _ => $"Extra Field {field[ExtraPrefix.Length..].Split('\n')[0]}",
    };
}
