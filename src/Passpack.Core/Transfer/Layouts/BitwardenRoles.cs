using System.Text.Json;
using System.Text.Json.Serialization;

namespace Passpack.Transfer.Layouts;

/// <summary>
/// What the custom fields of an item are that this module exported to Bitwarden, so that they come back as they were: the JSON in the item's last custom
/// field (<see cref="BitwardenLayout.RolesField"/>). Bitwarden shows it as one more text and keeps it. Names and types only, never a value of the entry.
/// </summary>
internal sealed record BitwardenRoles
{
    public const string Email = "=email", SharedNotes = "=sharedNotes", Tag = "=tag"; // No type of an extra field.

    /// <summary>For each custom field, in order: one of the names above, or the type of an extra field.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>The names of the extra fields that went into further addresses, in order.</summary>
    public IReadOnlyList<string>? Uris { get; init; }

    /// <summary>The name of the extra field that went into the one-time code. Null if it is <c>TOTP</c>, or there is none.</summary>
    public string? Totp { get; init; }

    /// <summary>The names of the extra fields that went into passkeys, in order.</summary>
    public IReadOnlyList<string>? Passkeys { get; init; }

    /// <summary>The entry's type, where Bitwarden's says less.</summary>
    public string? Type { get; init; }

    /// <summary>When the entry expires.</summary>
    public DateTimeOffset? Expires { get; init; }

    public string Write() => JsonSerializer.Serialize(this, BitwardenRolesJson.Default.BitwardenRoles);

    /// <summary>Null if the text is not the roles of that many custom fields: it is the user's own, or the item was edited since.</summary>
    public static BitwardenRoles? Read(string text, int fields)
    {
        try
        {
            return JsonSerializer.Deserialize(text, BitwardenRolesJson.Default.BitwardenRoles) is { Fields: not null } roles
                && roles.Fields.Count == fields && !roles.Fields.Contains(null!) ? roles : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BitwardenRoles))]
internal sealed partial class BitwardenRolesJson : JsonSerializerContext;
