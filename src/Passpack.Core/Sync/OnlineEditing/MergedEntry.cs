using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;
using Passpack.Vault.Storage;

namespace Passpack.Sync.OnlineEditing;

/// <summary>What becomes of two entries that are joined: where both have a value, the one that stays keeps its own, and nothing of the other is lost.</summary>
internal static class MergedEntry
{
    /// <summary>The changes of the entry that stays.</summary>
    /// <param name="into">It.</param>
    /// <param name="from">The other.</param>
    /// <param name="tags">The other's tags.</param>
    /// <param name="favorite">Whether the other is a favorite.</param>
    public static EntryEdit Edit(EntryContent into, EntryContent from, IReadOnlyList<string> tags, bool favorite)
    {
        // A password goes with its User ID, as in every merge.
        bool takesLogin = into.Password.Length == 0 && (into.UserId.Length == 0 || into.UserId == from.UserId);
        return new EntryEdit
        {
            UserId = takesLogin ? from.UserId : null,
            Password = takesLogin ? from.Password : null,
            Url = IfEmpty(into.Url, from.Url),
            Email = IfEmpty(into.Email, from.Email),
            Notes = Joined(into.Notes, from.Notes),
            SharedNotes = Joined(into.SharedNotes, from.SharedNotes),
            Expires = into.Expires is null ? from.Expires.ToTime() : null,
            ExtraFields = ExtraFields(into, from),
            AddTags = tags,
            Favorite = favorite ? true : null,
        };
    }

    /// <summary>An earlier version of the other as one of the entry that stays; it names what of its attachments that has.</summary>
    public static EntryContent AsVersionOf(EntryContent into, EntryContent version)
    {
        Attachment[] attachments = [.. into.Attachments.Where(own => version.Attachments.Any(other => LocalVault.IsSame(own, other)))];
        return version with { Attachments = attachments, AttachmentCount = attachments.Length };
    }

    private static string? IfEmpty(string into, string from) => into.Length == 0 && from.Length > 0 ? from : null;

    private static string? Joined(string into, string from) => from.Length == 0 || into.Contains(from, StringComparison.Ordinal) ? null
        : into.Length == 0 ? from : $"{into}\n\n{from}";

    private static List<ExtraField>? ExtraFields(EntryContent into, EntryContent from)
    {
        List<ExtraField> fields = [.. into.ExtraFields];
        IEnumerable<ExtraField> others = from.ExtraFields;
        if (from.Url.Length > 0 && into.Url.Length > 0 && from.Url != into.Url)
            others = others.Append(new ExtraField("URL", FieldTypes.Url, from.Url));
        if (from.Email.Length > 0 && into.Email.Length > 0 && from.Email != into.Email)
            others = others.Append(new ExtraField("Email", FieldTypes.Email, from.Email));
        foreach (ExtraField field in others.Where(field => !fields.Any(own => own.Type == field.Type && own.Data == field.Data)))
            fields.Add(field with { Name = FreeName(fields, field.Name) });
        return fields.Count == into.ExtraFields.Count ? null : fields;
    }

    private static string FreeName(List<ExtraField> fields, string name)
    {
        string free = name;
        for (int number = 2; fields.Any(field => field.Name == free); number++)
            free = $"{name} ({number})";
        return free;
    }
}
