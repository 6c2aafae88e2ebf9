using System.Xml;
using Passpack.Packing.Records;
using Passpack.Transfer.Kdbx;
using Passpack.Transfer.KeePass;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Writing;

/// <summary>
/// Writes a KeePass database: KDBX 4.1, ChaCha20, Argon2id. All entries are in one group, with their tags. What nothing is told of comes back by an
/// import as it was.
/// </summary>
internal sealed class KdbxWriter : IEntryWriter
{
    private static readonly TargetLoss
        s_type = new("Types of entries other than login"),
        s_empty = new("Extra Fields without data"),
        s_favoriteTag = new("A tag named Favorite", "the mark of a favorite"),
        s_tags = new("Tags with ; or , or outer spaces", "tags with - in their place"),
        s_types = new("Types of Extra Fields that KeePass does not know", "texts, or protected texts"),
        s_names = new("Names of Extra Fields that KeePass uses itself or that come twice", "names with Field before them, a number after them, or KP2A_URL"),
        s_characters = new("Characters that XML does not have", "nothing");

    private readonly KdbxOutput _output;
    private readonly KeePassXmlWriter _xml;
    private readonly TargetLosses _losses;

    private KdbxWriter(Stream stream, ExportOptions options, TargetLosses losses, Argon2KeyCost? cost)
    {
        _losses = losses;
        using SecretBytes key = CompositeKey.Of(options.Key, null);
        _output = cost is null ? new KdbxOutput(stream, key, CancellationToken.None) : new KdbxOutput(stream, key, cost, CancellationToken.None);
        _xml = new KeePassXmlWriter(_output.Content, _output.Values, options.Clock.GetUtcNow());
    }

    public static TargetFormat Target { get; } = With(null);

    /// <summary>A target whose key costs as much as given.</summary>
    internal static TargetFormat With(Argon2KeyCost? cost) => new(EntryFileFormat.Kdbx, "KeePass or KeePassXC")
    {
        Open = (stream, options, losses) => new KdbxWriter(stream, options, losses, cost),
        IsEncrypted = true,
        Losses = [s_type, s_empty, s_favoriteTag, s_tags, s_types, s_names, s_characters],
    };

    public void Write(FullEntry entry)
    {
        EntrySummary summary = entry.Summary;
        _losses.Tell(s_type, summary.Type != EntryTypes.Login);
        _xml.BeginEntry(summary.Id, Tags(summary), summary.Created, summary.Modified, summary.Expires);
        Text(KeePassEntry.Title, summary.Name);
        Text(KeePassEntry.UserName, summary.UserId);
        _xml.Text(KeePassEntry.Password, entry.Secret.Password, isProtected: true);
        Text(KeePassEntry.Url, summary.Url);
        Text(KeePassEntry.Notes, entry.Secret.Notes);
        if (summary.Email.Length > 0)
            Text(KeePassNames.Email, summary.Email);
        if (entry.Secret.SharedNotes.Length > 0)
            Text(KeePassNames.SharedNotes, entry.Secret.SharedNotes);
        var names = new FreeNames();
        foreach (ExtraField field in entry.Secret.ExtraFields)
            Write(field, names);
        _xml.EndEntry();
    }

    public void Complete()
    {
        _xml.Complete();
        _output.Complete();
    }

    public void Dispose()
    {
        _xml.Dispose();
        _output.Dispose();
    }

    private List<string> Tags(EntrySummary summary)
    {
        var tags = new List<string>();
        foreach (string tag in summary.Tags)
        {
            bool isFavorite = tag.Equals(KeePassNames.FavoriteTag, StringComparison.OrdinalIgnoreCase);
            _losses.Tell(s_favoriteTag, isFavorite);
            _losses.Tell(s_tags, !KeePassValues.HoldsTag(tag));
            if (!isFavorite || !summary.Favorite)
                tags.Add(KeePassValues.HoldsTag(tag) ? tag : KeePassValues.ToTag(tag));
        }
        if (summary.Favorite)
            tags.Add(KeePassNames.FavoriteTag);
        return tags;
    }

    private void Write(ExtraField field, FreeNames names)
    {
        if (field.Data.Length == 0)
        {
            _losses.Tell(s_empty);
            return;
        }
        if (field.Type == FieldTypes.Totp && OneTimeUri(field.Data) is { } uri && names.TryTake(KeePassNames.Otp))
        {
            bool isFree = names.TryTake(KeePassNames.OtpField);
            _losses.Tell(s_names, field.Name != KeePassNames.OtpField || !isFree);
            _losses.Tell(s_types, uri != field.Data);
            _xml.Text(KeePassNames.Otp, uri, isProtected: true);
            return;
        }
        bool isProtected = FieldTypes.IsSecret(field.Type);
        string data = isProtected ? field.Data : Clean(field.Data);
        if (data.Length == 0)
            return;
        string name = Name(field, isProtected, names);
        _losses.Tell(s_types, field.Type != TypeOf(field.Type, isProtected, data));
        _xml.Text(name, data, isProtected);
    }

    /// <summary>The type that an import gives the field.</summary>
    private static string TypeOf(string type, bool isProtected, string data) => isProtected ? FieldTypes.Hidden
        : type == FieldTypes.Url ? FieldTypes.Url
        : data.Contains('\n', StringComparison.Ordinal) ? FieldTypes.Multiline
        : FieldTypes.Text;

    private string Name(ExtraField field, bool isProtected, FreeNames names)
    {
        string wanted = Clean(field.Name);
        bool isUrl = field.Type == FieldTypes.Url;
        string name = isUrl && !KeePassNames.IsFurtherUrl(wanted) ? KeePassNames.FurtherUrl
            : wanted.Length == 0 ? "Field"
            : !isUrl && KeePassNames.IsTaken(wanted, isProtected) ? $"Field {wanted}"
            : wanted;
        string free = isUrl ? names.Take(name, '_', 1) : names.Take(name);
        _losses.Tell(s_names, free != wanted);
        return free;
    }

    private void Text(string key, string value) => _xml.Text(key, Clean(value), isProtected: false);

    private string Clean(string text)
    {
        if (IsClean(text))
            return text;
        _losses.Tell(s_characters);
        return string.Concat(text.Where((c, i) => XmlConvert.IsXmlChar(c) || IsPair(text, i)));
    }

    private static bool IsClean(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!XmlConvert.IsXmlChar(text[i]) && !IsPair(text, i))
                return false;
        }
        return true;
    }

    private static bool IsPair(string text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])
        || char.IsLowSurrogate(text[at]) && at > 0 && char.IsHighSurrogate(text[at - 1]);

    // Null if it is no seed; then it is a protected text like others.
    private static string? OneTimeUri(string data) => OneTimeCode.ToUri(data, "", "", out _);
}
