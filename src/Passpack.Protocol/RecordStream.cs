namespace Passpack.Protocol;

/// <summary>The streams of an account. A client stores, counts and passes on records of unknown streams.</summary>
public enum RecordStream : byte
{
    /// <summary>Not a stream.</summary>
    None = 0,

    /// <summary>An entry without its tags and favorite flag: summary and secret, two parts of one version.</summary>
    Data = 1,

    /// <summary>The tags of one entry.</summary>
    Tags = 2,

    /// <summary>Whether one entry is a favorite.</summary>
    Favorite = 3,

    /// <summary>
    /// A chunk of an attachment's content. It never changes: its record is there, or deleted, or, after a deletion, there again. Pages of changes have no
    /// bodies of chunks; they are asked for by id.
    /// </summary>
    Attachment = 4,

    /// <summary>Another account whose identity this account has verified. Of the personal vault alone, as the two below.</summary>
    Contact = 5,

    /// <summary>An invitation to a shared vault: one that this account gave, or one that it answered.</summary>
    Invitation = 6,

    /// <summary>A shared vault that this account is a member of, or was.</summary>
    SharedVault = 7,
}
