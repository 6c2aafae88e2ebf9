using Passpack.Vault.Fields;

namespace Passpack.Vault.Entries;

/// <summary>What lists tell of an entry's Extra Fields without opening a secret.</summary>
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
}

internal static class EntryFlag
{
    public static EntryFlags Of(IReadOnlyList<ExtraField> fields)
    {
        var flags = EntryFlags.None;
        foreach (ExtraField field in fields)
            flags |= field.Type switch { FieldTypes.Totp => EntryFlags.Totp, FieldTypes.SshKey => EntryFlags.SshKey, FieldTypes.Url => EntryFlags.Urls, _ => EntryFlags.None };
        return flags;
    }
}
