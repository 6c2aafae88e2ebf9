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
}
