using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Importing;

/// <summary>
/// Finds what an item of another program's file changes in the entry that it was imported to: only values that were changed there since the last
/// import. So an item that is imported again never puts an old value back.
/// </summary>
internal sealed class SourceDifference
{
    private readonly EntrySummary _summary;
    private readonly EntrySecret _secret;
    private readonly EntryEdit _item;
    private readonly IReadOnlyDictionary<string, string>? _last;
    private readonly Dictionary<string, string> _there, _here;
    private readonly bool _preferSource;
    private readonly List<string> _keptHere = [];

    private SourceDifference(EntrySummary summary, EntrySecret secret, EntryEdit item, Dictionary<string, string> there, bool preferSource)
    {
        (_summary, _secret, _item, _there, _preferSource) = (summary, secret, item, there, preferSource);
        _last = secret.Imported?.Digests;
        _here = SourceValues.Of(summary, secret);
    }

    /// <summary>The outcome for an item.</summary>
    /// <param name="Edit">What changes, with the item's trace. Null if the same item was imported before.</param>
    /// <param name="IsVisible">Whether the edit changes a value, and not the trace alone.</param>
    /// <param name="Lost">The item's values that do not come into force, for the history. Null if there are none.</param>
    /// <param name="KeptHere">The fields whose value of this vault stays, although it was changed in the source, too.</param>
    public readonly record struct Outcome(EntryEdit? Edit, bool IsVisible, EntryEdit? Lost, IReadOnlyList<string> KeptHere);

    public static Outcome Find(EntrySummary summary, EntrySecret secret, ImportRow row, bool preferSource, IReadOnlyList<string> addTags)
    {
        Dictionary<string, string> there = SourceValues.Of(row.Values!);
        string hash = SourceValues.Hash(row.Source!, there);
        IReadOnlyList<string> tags = EntryTags.Apply(summary.Tags, new EntryEdit { AddTags = addTags });
        IReadOnlyList<string>? added = EntryTags.AreSame(tags, summary.Tags) ? null : tags;
        // The most frequent case of an import that is repeated: nothing is compared, and no digest made.
        if (secret.Imported is { } before && before.Hash == hash && before.Format == row.Source!.Format.ToString())
            return new Outcome(added is null ? null : new EntryEdit { Tags = added, Imported = before }, added is not null, null, []);
        var difference = new SourceDifference(summary, secret, row.Values!, there, preferSource);
        EntryEdit edit = difference.Changes();
        // What -AddTag adds besides: both lists together, in this vault's order.
        edit = edit with { Tags = edit.Tags is { } changed ? EntryTags.Apply(tags, new EntryEdit { AddTags = changed }) : added };
        EntryEdit? lost = difference._keptHere.Count == 0 ? null : row.Values! with { Tags = null, Favorite = null };
        bool isVisible = edit != new EntryEdit();
        return new Outcome(edit with { Imported = SourceValues.Trace(row.Source!, there, hash) }, isVisible, lost, difference._keptHere);
    }

    private EntryEdit Changes()
    {
        var fields = EntryField.Keyed(_secret.ExtraFields);
        Dictionary<string, ExtraField> there = EntryField.Keyed(_item.ExtraFields ?? []);
        bool extraChanged = false;
        foreach (string key in fields.Keys.Union(there.Keys).ToList())
        {
            if (!Takes(key))
                continue;
            extraChanged = true;
            if (there.TryGetValue(key, out ExtraField? field))
                fields[key] = field;
            else
                fields.Remove(key);
        }
        bool takesExpires = Takes(EntryField.Expires);
        return new EntryEdit
        {
            Name = Text(EntryField.Name, _item.Name),
            UserId = Text("userId", _item.UserId),
            Password = Text("password", _item.Password),
            Url = Text(EntryField.Url, _item.Url),
            Email = Text(EntryField.Email, _item.Email),
            Notes = Text(EntryField.Notes, _item.Notes),
            SharedNotes = Text(EntryField.SharedNotes, _item.SharedNotes),
            Type = Text(EntryField.Type, _item.Type),
            Expires = takesExpires ? _item.Expires : null,
            NeverExpires = takesExpires && _item.Expires is null,
            ExtraFields = extraChanged ? [.. fields.Values] : null,
            // Tags are added only: nobody can tell from a list that is shorter which of this vault's tags are meant.
            Tags = Differs(SourceValues.Tags) && _item.Tags is { } tags
                && EntryTags.Apply(_summary.Tags, new EntryEdit { AddTags = tags }) is var all && !EntryTags.AreSame(all, _summary.Tags) ? all : null,
            Favorite = Takes(SourceValues.Favorite) ? _item.Favorite ?? false : null,
        };
    }

    private string? Text(string field, string? value) => Takes(field) ? value ?? "" : null;

    /// <summary>Whether the item's value comes into force; tells of one that does not, although it was changed in the source.</summary>
    private bool Takes(string field)
    {
        if (!Differs(field))
            return false;
        if (_last is null) // Not known from an earlier import: the file's values count, those that it lacks stay.
            return _there.ContainsKey(field);
        if (_preferSource || Digest(_here, field) == Last(field))
            return true;
        _keptHere.Add(Title(field));
        return false;
    }

    /// <summary>Whether the source's value was changed since the last import, and is another than this vault's.</summary>
    private bool Differs(string field) =>
        _there.GetValueOrDefault(field) != _here.GetValueOrDefault(field) && (_last is null || Digest(_there, field) != Last(field));

    private string? Last(string field) => _last!.GetValueOrDefault(field);

    private static string? Digest(Dictionary<string, string> values, string field) =>
        values.TryGetValue(field, out string? value) ? ImportTrace.Digest(value) : null;

    private static string Title(string field) => field switch
    {
        "userId" => "User ID",
        "password" => "Password",
        SourceValues.Tags => "Tags",
        SourceValues.Favorite => "Favorite",
        _ => EntryField.Title(field),
    };
}
