namespace Passpack.PowerShell;

/// <summary>A field of an entry that can be empty.</summary>
public enum EntryField
{
    /// <summary>The User ID.</summary>
    UserId,

    /// <summary>The Password.</summary>
    Password,

    /// <summary>The address.</summary>
    Url,

    /// <summary>The Email.</summary>
    Email,

    /// <summary>The Notes.</summary>
    Notes,

    /// <summary>The Shared Notes.</summary>
    SharedNotes,

    /// <summary>All Extra Fields.</summary>
    ExtraField,

    /// <summary>The type: the entry is a login again.</summary>
    Type,

    /// <summary>When it expires: never.</summary>
    Expires,

    /// <summary>All tags.</summary>
    Tag,
}
