using Passpack.Vault.Entries;

namespace Passpack.Transfer.Importing;

/// <summary>Finds the edit that gives an entry the values of a row.</summary>
internal static class EntryDifference
{
    /// <summary>The values of a new entry.</summary>
    public static EntryEdit ForNew(EntryEdit row, IReadOnlyList<string> addTags) => row with { AddTags = addTags };

    /// <summary>The row's values of the fields that differ. Null if none differs.</summary>
    public static EntryEdit? Find(EntrySummary summary, EntrySecret secret, EntryEdit row, IReadOnlyList<string> addTags)
    {
        IReadOnlyList<string> tags = EntryTags.Apply(summary.Tags, new EntryEdit { Tags = row.Tags, AddTags = addTags });
        var edit = new EntryEdit
        {
            Name = IfOther(row.Name, summary.Name),
            UserId = IfOther(row.UserId, summary.UserId),
            Url = IfOther(row.Url, summary.Url),
            Email = IfOther(row.Email, summary.Email),
            Password = IfOther(row.Password, secret.Password),
            Notes = IfOther(row.Notes, secret.Notes),
            SharedNotes = IfOther(row.SharedNotes, secret.SharedNotes),
            ExtraFields = row.ExtraFields is { } fields && !EntryContent.Replace(secret.ExtraFields, fields).SequenceEqual(secret.ExtraFields) ? fields : null,
            Type = IfOther(row.Type, summary.Type),
            Expires = row.Expires == summary.Expires ? null : row.Expires,
            Favorite = row.Favorite == summary.Favorite ? null : row.Favorite,
            // The same tags in another order or another case are the same tags.
            Tags = EntryTags.AreSame(tags, summary.Tags) ? null : tags,
        };
        return edit == new EntryEdit() ? null : edit;
    }

    private static string? IfOther(string? value, string present) => value == present ? null : value;
}
