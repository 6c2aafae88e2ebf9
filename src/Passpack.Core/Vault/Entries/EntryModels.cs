using Passpack.Vault.Fields;

namespace Passpack.Vault.Entries;

/// <summary>A field that the user added to an entry.</summary>
/// <param name="Name">Its name; extra fields merge by it.</param>
/// <param name="Type">
/// Passpack's type: <c>text</c> is the only one seen in public data; any text is kept. In an edit, <see cref="TypeNotSaid"/> keeps the type that the
/// field of this name has.
/// </param>
/// <param name="Data">Its value.</param>
public sealed record ExtraField(string Name, string Type, string Data)
{
    /// <summary>The type of a field in an edit that says none.</summary>
    public const string TypeNotSaid = "";

    /// <summary>Unknown members of a later version, as one JSON object; kept unchanged. Null if there are none.</summary>
    internal string? Unknown { get; init; }
}

/// <summary>What an entry's secret says of a file that is attached to it. The content lies elsewhere, in chunks.</summary>
/// <param name="Id">Made anew for every content.</param>
/// <param name="Name">A file name, never a path; attachments merge by it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of the content, 64 hexadecimal digits.</param>
/// <param name="Added">When it was added, in milliseconds since 1970.</param>
public sealed record Attachment(Guid Id, string Name, long Size, string Sha256, long Added)
{
    /// <summary>Unknown members of a later version, as one JSON object; kept unchanged. Null if there are none.</summary>
    internal string? Unknown { get; init; }
}

/// <summary>The part of an entry that lists show: its summary, its tags and its favorite flag.</summary>
public sealed record EntrySummary
{
    /// <summary>The identity of the entry, on every machine and online.</summary>
    public required Guid Id { get; init; }

    /// <summary>The Entry Name.</summary>
    public required string Name { get; init; }

    /// <summary>The User ID that the entry logs in with. Empty if there is none.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The address that the entry logs in at.</summary>
    public string Url { get; init; } = "";

    /// <summary>The Email.</summary>
    public string Email { get; init; } = "";

    /// <summary>What the entry is: one of <see cref="EntryTypes"/>, or another word in lower case.</summary>
    public string Type { get; init; } = EntryTypes.Login;

    /// <summary>When the entry expires. Null if it does not.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>What the Extra Fields hold, without opening them.</summary>
    public EntryFlags Flags { get; init; }

    /// <summary>How many files are attached.</summary>
    public int Attachments { get; init; }

    /// <summary>This machine's tags as typed, or the online account's in a query of that.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Whether the entry is a favorite on this machine, or online in a query of the online account.</summary>
    public bool Favorite { get; init; }

    /// <summary>When the entry was made, by the clock of the machine that made it.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When a field of the entry's data was last edited, likewise.</summary>
    public DateTimeOffset Modified { get; init; }

    /// <summary>When the entry went to this machine's trash. Null if it is not there.</summary>
    public DateTimeOffset? Trashed { get; init; }

    /// <summary>The version of the entry's data.</summary>
    public long Version { get; init; }

    /// <summary><see cref="ImportTrace.Key"/> of the item that the entry was imported from. Empty if there is none.</summary>
    internal string ImportKey { get; init; } = "";
}

/// <summary>The secret fields; opened on request only.</summary>
public sealed record EntrySecret
{
    /// <summary>The Password.</summary>
    public string Password { get; init; } = "";

    /// <summary>The Notes.</summary>
    public string Notes { get; init; } = "";

    /// <summary>The Shared Notes.</summary>
    public string SharedNotes { get; init; } = "";

    /// <summary>The Extra Fields, in the user's order.</summary>
    public IReadOnlyList<ExtraField> ExtraFields { get; init; } = [];

    /// <summary>The attached files, in the order in which they were added.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>The item of another program's file that the entry was imported from. Null if there is none.</summary>
    public ImportTrace? Imported { get; init; }

    /// <summary>The new password of a rotation that is under way. Null if none is.</summary>
    public PendingPassword? Pending { get; init; }
}

/// <summary>Values for a new entry or an edit. Null leaves a value unchanged, or empty in a new entry. A new entry requires only the name.</summary>
public sealed record EntryEdit
{
    /// <summary>The Entry Name; never empty.</summary>
    public string? Name { get; init; }

    /// <summary>The User ID.</summary>
    public string? UserId { get; init; }

    /// <summary>The Password.</summary>
    public string? Password { get; init; }

    /// <summary>The URL.</summary>
    public string? Url { get; init; }

    /// <summary>The Email.</summary>
    public string? Email { get; init; }

    /// <summary>The Notes.</summary>
    public string? Notes { get; init; }

    /// <summary>The Shared Notes.</summary>
    public string? SharedNotes { get; init; }

    /// <summary>All Extra Fields, replacing those that were.</summary>
    public IReadOnlyList<ExtraField>? ExtraFields { get; init; }

    /// <summary>All attachments, replacing those that were.</summary>
    internal IReadOnlyList<Attachment>? Attachments { get; init; }

    /// <summary>What kind of thing the entry is: one of <see cref="EntryTypes"/>, or another word in lower case.</summary>
    public string? Type { get; init; }

    /// <summary>When the entry expires.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Whether the entry is no longer to expire; <see cref="Expires"/> is null then.</summary>
    public bool NeverExpires { get; init; }

    /// <summary>The item of another program's file that the values come from.</summary>
    public ImportTrace? Imported { get; init; }

    /// <summary>What begins, carries on or ends the rotation of the password.</summary>
    internal RotationEdit? Rotation { get; init; }

    /// <summary>All tags, replacing those that were.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Tags to add to those that are there.</summary>
    public IReadOnlyList<string>? AddTags { get; init; }

    /// <summary>Tags to take away, compared case-insensitively.</summary>
    public IReadOnlyList<string>? RemoveTags { get; init; }

    /// <summary>Whether the entry is a favorite.</summary>
    public bool? Favorite { get; init; }
}

/// <summary>A whole entry, opened: for export.</summary>
public sealed record FullEntry(EntrySummary Summary, EntrySecret Secret);

/// <summary>A tag and how many entries (not in the trash) have it.</summary>
/// <param name="Name">As first typed.</param>
/// <param name="Count">Entries.</param>
public sealed record TagCount(string Name, int Count)
{
    internal static IReadOnlyList<TagCount> Of(IEnumerable<string> tags)
    {
        var counts = new Dictionary<string, TagCount>(Protocol.ComposedText.IgnoreCase);
        foreach (string tag in tags)
            counts[tag] = counts.TryGetValue(tag, out TagCount? known) ? known with { Count = known.Count + 1 } : new TagCount(tag, 1);
        return [.. counts.Values.OrderBy(tag => tag.Name, Protocol.ComposedText.IgnoreCase)];
    }
}

/// <summary>Which entries to list. An entry has to match every condition that is set.</summary>
public sealed record EntryQuery
{
    /// <summary>Exactly this name, by the keyed index; case-insensitively.</summary>
    public string? Name { get; init; }

    /// <summary>Exactly this entry.</summary>
    public Guid? Id { get; init; }

    /// <summary>The entries in the trash instead of those that are not.</summary>
    public bool Trashed { get; init; }

    /// <summary>Only entries with this tag. Null if any will do.</summary>
    public string? Tag { get; init; }

    /// <summary>Only favorites, or only others.</summary>
    public bool? Favorite { get; init; }

    /// <summary>The conditions that only an opened entry can be tested for.</summary>
    internal bool Matches(EntrySummary entry) =>
        (Favorite is null || entry.Favorite == Favorite)
        && (Tag is null || entry.Tags.Contains(Tag, Protocol.ComposedText.IgnoreCase))
        && (Name is null || Id is null || Packing.Keys.VaultKeys.Fold(entry.Name) == Packing.Keys.VaultKeys.Fold(Name));
}

/// <summary>What lists tell of an entry's secret without opening it.</summary>
[Flags]
public enum EntryFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A field of type <see cref="FieldTypes.Totp"/>.</summary>
    Totp = 1,

    /// <summary>A field of type <see cref="FieldTypes.SshKey"/>.</summary>
    SshKey = 2,

    /// <summary>A field of type <see cref="FieldTypes.Url"/>: a further address.</summary>
    Urls = 4,

    /// <summary>A rotation of the password that is not finished: <see cref="EntrySecret.Pending"/>.</summary>
    Rotation = 8,
}

internal static class EntryFlag
{
    public static EntryFlags Of(IReadOnlyList<ExtraField> fields, PendingPassword? pending)
    {
        EntryFlags flags = pending is null ? EntryFlags.None : EntryFlags.Rotation;
        foreach (ExtraField field in fields)
        {
            flags |= field.Type switch { FieldTypes.Totp => EntryFlags.Totp, FieldTypes.SshKey => EntryFlags.SshKey,
                FieldTypes.Url => EntryFlags.Urls, _ => EntryFlags.None };
        }
        return flags;
    }
}
