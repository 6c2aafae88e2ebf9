using System.Globalization;
using System.Text.Json.Serialization;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Writing;

/// <summary>
/// One entry in the clear, flat: texts and one flag, so that neither ConvertTo-Json at its default depth nor Export-Csv loses anything.
/// The nine columns of the modern layout come first and under their names, Tags and Extra Fields as the modern layout writes them.
/// </summary>
public sealed record ExportedEntry
{
    /// <summary>The Entry Name.</summary>
    [JsonPropertyName("Entry Name")]
    public required string EntryName { get; init; }

    /// <summary>The URL.</summary>
    [JsonPropertyName("URL")]
    public required string Url { get; init; }

    /// <summary>The User ID.</summary>
    [JsonPropertyName("User ID")]
    public required string UserId { get; init; }

    /// <summary>The Password.</summary>
    public required string Password { get; init; }

    /// <summary>The Notes.</summary>
    public required string Notes { get; init; }

    /// <summary>The Shared Notes.</summary>
    [JsonPropertyName("Shared Notes")]
    public required string SharedNotes { get; init; }

    /// <summary>The tags, as <see cref="ModernLayout.WriteTags"/> writes them.</summary>
    public required string Tags { get; init; }

    /// <summary>The Extra Fields, as <see cref="ModernLayout.WriteExtraFields"/> writes them.</summary>
    [JsonPropertyName("Extra Fields")]
    public required string ExtraFields { get; init; }

    /// <summary>The Email.</summary>
    public required string Email { get; init; }

    /// <summary>The entry's id: an import matches the entry by it, even if everything else was edited.</summary>
    public required string Id { get; init; }

    /// <summary>Whether the entry is a favorite.</summary>
    public required bool Favorite { get; init; }

    /// <summary>What the entry is: login, note, card and others.</summary>
    public required string Type { get; init; }

    /// <summary>When it expires: ISO 8601. Empty if it does not.</summary>
    public required string Expires { get; init; }

    /// <summary>When the entry was made: ISO 8601. A text, because Export-Csv would write a date the way of the machine's region.</summary>
    public required string Created { get; init; }

    /// <summary>When it was last edited, likewise.</summary>
    public required string Modified { get; init; }

    /// <summary>The flat form of an entry.</summary>
    public static ExportedEntry From(FullEntry entry) => new()
    {
        EntryName = entry.Summary.Name,
        Url = entry.Summary.Url,
        UserId = entry.Summary.UserId,
        Password = entry.Secret.Password,
        Notes = entry.Secret.Notes,
        SharedNotes = entry.Secret.SharedNotes,
        Tags = ModernLayout.WriteTags(entry.Summary.Tags),
        ExtraFields = ModernLayout.WriteExtraFields(entry.Secret.ExtraFields),
        Email = entry.Summary.Email,
        Id = entry.Summary.Id.ToString(),
        Favorite = entry.Summary.Favorite,
        Type = entry.Summary.Type,
        Expires = entry.Summary.Expires?.ToString("O", CultureInfo.InvariantCulture) ?? "",
        Created = entry.Summary.Created.ToString("O", CultureInfo.InvariantCulture),
        Modified = entry.Summary.Modified.ToString("O", CultureInfo.InvariantCulture),
    };
}

[JsonSerializable(typeof(ExportedEntry))]
internal sealed partial class ExportedEntryJson : JsonSerializerContext;
