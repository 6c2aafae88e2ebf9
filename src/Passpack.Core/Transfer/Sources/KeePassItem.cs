using Passpack.Transfer.KeePass;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources;

/// <summary>Makes a row of an entry of KeePass.</summary>
internal static class KeePassItem
{
    /// <param name="number">The row's number.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="references">What references lead to. Null if none was found.</param>
    /// <param name="open">Gives length and content of a file that lies elsewhere; null if there is none.</param>
    public static ImportRow ToRow(long number, KeePassEntry entry, KeePassReferences? references, Func<KeePassFile, SourceFile?> open)
    {
        var item = new SourceItem(number, null)
        {
            Id = entry.Id.Length > 0 ? entry.Id : null,
            State = entry.IsInRecycleBin ? SourceState.Trashed : SourceState.InUse,
            Created = entry.Created,
            Modified = entry.Modified,
        };
        if (entry.Fault is not null)
        {
            item.Set(EntryColumn.EntryName, KeePassEntry.Title, entry[KeePassEntry.Title]);
            return item.Fails(entry.Fault);
        }
        if (references is not null)
            Resolve(item, entry, references);
        AddTexts(item, entry);
        item.Tag("Group", entry.Group);
        foreach (string tag in entry.Tags)
        {
            if (tag.Equals(KeePassNames.FavoriteTag, StringComparison.OrdinalIgnoreCase))
                item.Favorite("Tags", true);
            else
                item.Tag("Tags", tag);
        }
        AddHistory(item, entry);
        foreach (KeePassFile file in entry.Files)
        {
            if (open(file) is { } opened)
                item.File($"Binary {file.Name}", opened);
            else
                item.NoPlace($"Binary {file.Name}", "an attachment whose content is not in the file");
        }
        foreach (string name in entry.History.SelectMany(version => version.Files).Select(file => file.Name)
            .Except(entry.Files.Select(file => file.Name), StringComparer.Ordinal))
        {
            item.NoPlace($"History Binary {name}", "an attachment that only an earlier version has");
        }
        foreach ((string name, string what) in entry.Others)
            item.NoPlace(name, what);
        return item.ToRow();
    }

    private static void Resolve(SourceItem item, KeePassEntry entry, KeePassReferences references)
    {
        for (int i = 0; i < entry.Texts.Count; i++)
        {
            KeePassText text = entry.Texts[i];
            entry.Texts[i] = text with { Value = references.Resolve(text.Value, out KeePassReferences.Outcome outcome) };
            if (outcome != KeePassReferences.Outcome.None)
            {
                item.Changed(text.Key, outcome switch
                {
                    KeePassReferences.Outcome.Resolved => "a copy of the value that its reference leads to",
                    KeePassReferences.Outcome.Circle => "its reference leads back to itself, so it is kept as a text",
                    _ => "its reference leads to no entry, so it is kept as a text",
                });
            }
        }
    }

    private static void AddTexts(SourceItem item, KeePassEntry entry)
    {
        item.Set(EntryColumn.EntryName, KeePassEntry.Title, entry[KeePassEntry.Title]);
        item.Set(EntryColumn.UserId, KeePassEntry.UserName, entry[KeePassEntry.UserName]);
        item.Set(EntryColumn.Password, KeePassEntry.Password, entry[KeePassEntry.Password]);
        item.Set(EntryColumn.Url, KeePassEntry.Url, entry[KeePassEntry.Url]);
        item.Set(EntryColumn.Notes, KeePassEntry.Notes, entry[KeePassEntry.Notes]);
        var standard = new HashSet<string>(StringComparer.Ordinal);
        foreach (KeePassText text in entry.Texts)
        {
            if (text.Value.Length == 0 || KeePassNames.IsStandard(text.Key) && standard.Add(text.Key))
                continue;
            if (KeePassNames.IsOneTimeCode(text.Key))
                KeePassOneTimeCode.Add(item, entry, text);
            else if (!text.IsProtected && KeePassNames.IsEmail(text.Key))
                item.Set(EntryColumn.Email, text.Key, text.Value);
            else if (!text.IsProtected && text.Key == KeePassNames.SharedNotes)
                item.Set(EntryColumn.SharedNotes, text.Key, text.Value);
            else
                item.Add(text.Key, text.Key, TypeOf(text), text.Value);
        }
        item.Add("OverrideURL", "Override URL", FieldTypes.Text, entry.OverrideUrl);
        if (entry.DoesExpire && entry.Expires is { } expires)
            item.Expires("Expires", expires);
        else if (entry.DoesExpire)
            item.NoPlace("Expires", "a time that cannot be read");
    }

    private static string TypeOf(KeePassText text) => text.IsProtected ? FieldTypes.Hidden
        : KeePassNames.IsFurtherUrl(text.Key) ? FieldTypes.Url
        : text.Value.Contains('\n', StringComparison.Ordinal) ? FieldTypes.Multiline
        : FieldTypes.Text;

    private static void AddHistory(SourceItem item, KeePassEntry entry)
    {
        if (entry.History.Count == 0)
            return;
        KeePassEntry[] versions = [.. entry.History.OrderBy(version => version.Modified ?? DateTimeOffset.MinValue), entry];
        EntryEdit[] values = [.. versions.Select(Values)];
        for (int i = 0; i + 1 < versions.Length; i++)
            item.Earlier("History", versions[i + 1].Modified, Difference(values[i], values[i + 1]));
    }

    private static EntryEdit Values(KeePassEntry version)
    {
        var item = new SourceItem(0, null);
        AddTexts(item, version);
        return item.ToRow().Values!;
    }

    private static EntryEdit Difference(EntryEdit earlier, EntryEdit next) => new()
    {
        Name = IfOther(earlier.Name, next.Name),
        UserId = IfOther(earlier.UserId, next.UserId),
        Password = IfOther(earlier.Password, next.Password),
        Url = IfOther(earlier.Url, next.Url),
        Email = IfOther(earlier.Email, next.Email),
        Notes = IfOther(earlier.Notes, next.Notes),
        SharedNotes = IfOther(earlier.SharedNotes, next.SharedNotes),
        ExtraFields = earlier.ExtraFields!.SequenceEqual(next.ExtraFields!) ? null : earlier.ExtraFields,
        Expires = earlier.Expires == next.Expires ? null : earlier.Expires,
        NeverExpires = earlier.NeverExpires && !next.NeverExpires,
    };

    private static string? IfOther(string? earlier, string? next) => earlier == next ? null : earlier;
}
