using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Importing;

/// <summary>The values of an entry or of an item of another program's file, as one text a field: to compare them, and to keep a digest of each.</summary>
internal static class SourceValues
{
    public const string Tags = "tags";
    public const string Favorite = "favorite";

    /// <summary>The values of an item; those that it lacks are not in it.</summary>
    public static Dictionary<string, string> Of(EntryEdit values)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        Add(texts, EntryField.Name, values.Name);
        Add(texts, "userId", values.UserId);
        Add(texts, "password", values.Password);
        Add(texts, EntryField.Url, values.Url);
        Add(texts, EntryField.Email, values.Email);
        Add(texts, EntryField.Notes, values.Notes);
        Add(texts, EntryField.SharedNotes, values.SharedNotes);
        Add(texts, EntryField.Type, values.Type == EntryTypes.Login ? "" : values.Type);
        Add(texts, EntryField.Expires, values.Expires?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        Add(texts, Tags, string.Join('\n', values.Tags ?? []));
        Add(texts, Favorite, values.Favorite == true ? "true" : "");
        foreach ((string key, ExtraField field) in EntryField.Keyed(values.ExtraFields ?? []))
            Add(texts, key, $"{field.Type}\n{field.Data}");
        return texts;
    }

    /// <summary>The values of an entry.</summary>
    public static Dictionary<string, string> Of(EntrySummary summary, EntrySecret secret) => Of(new EntryEdit
    {
        Name = summary.Name, UserId = summary.UserId, Password = secret.Password, Url = summary.Url, Email = summary.Email, Notes = secret.Notes,
        SharedNotes = secret.SharedNotes, Type = summary.Type, Expires = summary.Expires, Tags = summary.Tags, Favorite = summary.Favorite,
        ExtraFields = secret.ExtraFields,
    });

    /// <summary>The trace that the entry of an item keeps.</summary>
    public static ImportTrace Trace(SourceTrace source, Dictionary<string, string> values) => Trace(source, values, Hash(source, values));

    /// <summary>The same, with the <see cref="Hash"/> that is known.</summary>
    public static ImportTrace Trace(SourceTrace source, Dictionary<string, string> values, string hash) => new(source.Format.ToString(), source.Id ?? "", hash,
        values.ToDictionary(pair => pair.Key, pair => ImportTrace.Digest(pair.Value), StringComparer.Ordinal));

    /// <summary>SHA-256 over all values of an item and its state, in Base64.</summary>
    public static string Hash(SourceTrace source, Dictionary<string, string> values)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string field, string value) in values)
            hash.AppendData(Encoding.UTF8.GetBytes($"{field.Length}:{field}{value.Length}:{value}"));
        hash.AppendData([(byte)source.State]);
        return Convert.ToBase64String(hash.GetHashAndReset());
    }

    private static void Add(Dictionary<string, string> texts, string field, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            texts[field] = value;
    }
}
