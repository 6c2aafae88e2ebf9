using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources;

/// <summary>
/// Makes an <see cref="ImportRow"/> of an item of another program's file: its values, and what became of each of its fields. Every field that the
/// item has is named to one of the methods once; empty ones need not be. Names of fields go into results; values never do.
/// </summary>
/// <param name="number">1 for the first item of the file.</param>
/// <param name="line">The line where it starts. Null if it is unknown.</param>
internal sealed class SourceItem(long number, long? line)
{
    private readonly Dictionary<EntryColumn, string> _values = [];
    private readonly List<ExtraField> _fields = [];
    private readonly FreeNames _names = new();
    private readonly List<string> _tags = [];
    private readonly List<SourceField> _kept = [], _changed = [], _noPlace = [];
    private readonly List<EarlierValues> _earlier = [];
    private readonly List<SourceFile> _files = [];
    private bool? _favorite;
    private DateTimeOffset? _expires;

    /// <summary>The item's id in the source. Null if the source gives none.</summary>
    public string? Id { get; set; }

    /// <summary>What the item is: one of <see cref="EntryTypes"/>.</summary>
    public string Type { get; set; } = EntryTypes.Login;

    public SourceState State { get; set; }

    public DateTimeOffset? Created { get; set; }

    public DateTimeOffset? Modified { get; set; }

    /// <summary>The Entry Name for an item that has none.</summary>
    public string? NameOtherwise { get; set; }

    /// <summary>The value that this column has so far; empty if none.</summary>
    public string this[EntryColumn column] => _values.GetValueOrDefault(column, "");

    /// <summary>
    /// A value with a place in every entry. If that is taken by another value, the value becomes an Extra Field named as the source's field.
    /// </summary>
    /// <param name="column">EntryName, Url, UserId, Password, Notes, SharedNotes or Email.</param>
    /// <param name="field">The field's name in the source.</param>
    /// <param name="value">Its value; an empty one says nothing.</param>
    public void Set(EntryColumn column, string field, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return;
        if (_values.TryAdd(column, value))
            _kept.Add(new SourceField(field, EntryColumns.Title(column)));
        else if (_values[column] == value)
            _kept.Add(new SourceField(field, EntryColumns.Title(column)));
        else
            Add(field, Last(field), column switch { EntryColumn.Url => FieldTypes.Url, EntryColumn.Email => FieldTypes.Email,
                EntryColumn.Password => FieldTypes.Hidden, EntryColumn.Notes => FieldTypes.Multiline, _ => FieldTypes.Text }, value);
    }

    /// <summary>Adds to the Notes, on a line of its own.</summary>
    public void AddNote(string field, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return;
        _values[EntryColumn.Notes] = this[EntryColumn.Notes] is { Length: > 0 } notes ? $"{notes}\n{text}" : text;
        _kept.Add(new SourceField(field, "Notes"));
    }

    /// <summary>Adds an Extra Field; an empty value says nothing.</summary>
    /// <param name="field">The field's name in the source.</param>
    /// <param name="name">The Extra Field's name; if another has it, a number is added.</param>
    /// <param name="type">One of <see cref="FieldTypes"/>.</param>
    /// <param name="value">Its data.</param>
    /// <param name="how">How the value was changed. Null if it was kept as it was.</param>
    public void Add(string field, string name, string type, string? value, string? how = null)
    {
        if (string.IsNullOrEmpty(value))
            return;
        name = name.Length > 0 ? name : "Field";
        string free = _names.Take(name);
        _fields.Add(new ExtraField(free, type, value));
        if (how is null)
            _kept.Add(new SourceField(field, $"Extra Field {free}"));
        else
            Changed(field, how);
    }

    /// <summary>A seed of one-time codes, bare or as an URI; what is none is kept as a text.</summary>
    /// <param name="field">The field's name in the source.</param>
    /// <param name="value">The seed.</param>
    /// <param name="how">How the caller changed the value. Null if it is as the source has it.</param>
    public void Totp(string field, string? value, string? how = null)
    {
        if (string.IsNullOrWhiteSpace(value))
            return;
        if (OneTimeCode.ToUri(value, this[EntryColumn.EntryName], this[EntryColumn.UserId], out string? fault) is { } uri)
            Add(field, "TOTP", FieldTypes.Totp, uri, how ?? (uri == value ? null : "made an otpauth:// address"));
        else
            Add(field, "TOTP", FieldTypes.Hidden, value, $"kept as a hidden Extra Field: {fault}");
    }

    /// <summary>A passkey: JSON of its program, kept whole.</summary>
    public void Passkey(string field, string name, string json)
    {
        Add(field, name, FieldTypes.Passkey, json);
        _kept[^1] = new SourceField(field, $"{_kept[^1].Outcome}, not usable here");
    }

    /// <summary>A tag: a folder with its parents, separated by <c>/</c>, a collection or a tag.</summary>
    public void Tag(string field, string? path)
    {
        if (string.IsNullOrWhiteSpace(path))
            return;
        if (!_tags.Contains(path.Trim(), Protocol.ComposedText.IgnoreCase))
            _tags.Add(path.Trim());
        _kept.Add(new SourceField(field, "Tags"));
    }

    public void Favorite(string field, bool favorite)
    {
        _favorite = favorite;
        if (favorite)
            _kept.Add(new SourceField(field, "Favorite"));
    }

    public void Expires(string field, DateTimeOffset time)
    {
        _expires = time;
        _kept.Add(new SourceField(field, "Expires"));
    }

    /// <summary>Values that the item had before, the oldest first.</summary>
    public void Earlier(string field, DateTimeOffset? until, EntryEdit values)
    {
        _earlier.Add(new EarlierValues(until, values));
        _kept.Add(new SourceField(field, "History"));
    }

    public void File(string field, SourceFile file)
    {
        _files.Add(file);
        _kept.Add(new SourceField(field, "Attachments"));
    }

    /// <summary>Tells of a field that was kept without a value of its own, or by other means than the methods above.</summary>
    public void Kept(string field, string where) => _kept.Add(new SourceField(field, where));

    /// <summary>Tells of a value that the entry holds in another form.</summary>
    public void Changed(string field, string how) => _changed.Add(new SourceField(field, how));

    /// <summary>Tells of a value that an entry has no place for.</summary>
    public void NoPlace(string field, string what) => _noPlace.Add(new SourceField(field, what));

    /// <summary>The row of an item that cannot be imported.</summary>
    /// <param name="reason">What is wrong, in which field; never a value.</param>
    public ImportRow Fails(string reason) => new ImportRow(number, line) { Name = this[EntryColumn.EntryName] }.Fails(reason);

    /// <summary>The row. An item without a name is named by <see cref="NameOtherwise"/>, its address, its user or its type.</summary>
    public ImportRow ToRow()
    {
        string name = this[EntryColumn.EntryName];
        if (string.IsNullOrWhiteSpace(name))
        {
            name = new[] { NameOtherwise, Host(this[EntryColumn.Url]),
                this[EntryColumn.UserId] }.FirstOrDefault(other => !string.IsNullOrWhiteSpace(other)) ?? Type;
            Changed("name", "the item has none, so it is named by its address, its user or its type");
        }
        return new ImportRow(number, line)
        {
            Name = name,
            Values = new EntryEdit
            {
                Name = name,
                Url = this[EntryColumn.Url],
                UserId = this[EntryColumn.UserId],
                Password = this[EntryColumn.Password],
                Notes = this[EntryColumn.Notes],
                SharedNotes = this[EntryColumn.SharedNotes],
                Email = this[EntryColumn.Email],
                ExtraFields = _fields,
                Type = Type,
                Expires = _expires,
                NeverExpires = _expires is null,
                Tags = _tags.Count == 0 ? null : _tags,
                Favorite = _favorite,
            },
            Characters = _values.Values.Sum(value => value.Length) + _fields.Sum(field => field.Data.Length),
            Source = new SourceTrace
            {
                Id = Id, Kept = _kept, Changed = _changed, NoPlace = _noPlace, Earlier = _earlier, Files = _files, State = State,
                    Created = Created, Modified = Modified,
            },
        };
    }

    private static string Host(string url) => Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0 ? uri.Host : url;

    private static string Last(string field) => field[(field.LastIndexOf('.') + 1)..];
}
