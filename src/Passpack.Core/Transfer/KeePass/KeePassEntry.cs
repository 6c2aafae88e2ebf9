namespace Passpack.Transfer.KeePass;

/// <summary>An entry, or an earlier version of one, as KeePass's XML has it.</summary>
internal sealed class KeePassEntry
{
    public const string Title = "Title", UserName = "UserName", Password = "Password", Url = "URL", Notes = "Notes";

    /// <summary>Its UUID, in 32 hexadecimal digits. Empty if it has none.</summary>
    public string Id { get; set; } = "";

    /// <summary>The names of its groups without the root's, separated by <c>/</c>; within the recycle bin without the bin's, too.</summary>
    public string Group { get; set; } = "";

    public bool IsInRecycleBin { get; set; }

    /// <summary>Its texts, in their order.</summary>
    public List<KeePassText> Texts { get; } = [];

    /// <summary>Its own tags and those of its groups.</summary>
    public List<string> Tags { get; } = [];

    public DateTimeOffset? Created { get; set; }

    public DateTimeOffset? Modified { get; set; }

    public bool DoesExpire { get; set; }

    public DateTimeOffset? Expires { get; set; }

    /// <summary>Its files: name and content, or where the content lies.</summary>
    public List<KeePassFile> Files { get; } = [];

    /// <summary>Earlier versions, in the file's order.</summary>
    public List<KeePassEntry> History { get; } = [];

    /// <summary>What an entry has no place for, by its name in the XML, and what it is.</summary>
    public List<(string Name, string What)> Others { get; } = [];

    /// <summary>The address that KeePass opens instead of the URL.</summary>
    public string OverrideUrl { get; set; } = "";

    /// <summary>Why it cannot be imported. Null if it can.</summary>
    public string? Fault { get; set; }

    /// <summary>The text of this key; empty if there is none.</summary>
    public string this[string key] => Texts.Find(text => text.Key == key)?.Value ?? "";
}

/// <summary>A text of an entry.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="IsProtected">Whether KeePass treats it as a secret.</param>
internal sealed record KeePassText(string Key, string Value, bool IsProtected);

/// <summary>A file of an entry.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Number">Its number in the database. Null if the content is in the entry.</param>
/// <param name="Content">The content. Null if it lies elsewhere.</param>
internal sealed record KeePassFile(string Name, string? Number, byte[]? Content);
