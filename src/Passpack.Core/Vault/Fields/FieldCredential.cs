using System.Text.Encodings.Web;
using System.Text.Json;

namespace Passpack.Vault.Fields;

/// <summary>The data of a field of type <see cref="FieldTypes.Credential"/>: a user name and its password, as JSON.</summary>
/// <param name="UserName">Whose it is.</param>
/// <param name="Password">The secret.</param>
public sealed record FieldCredential(string UserName, string Password)
{
    private static readonly JsonSerializerOptions s_options =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Null if the data is none.</summary>
    public static FieldCredential? Read(string data)
    {
        try
        {
            return JsonSerializer.Deserialize<FieldCredential>(data, s_options) is { UserName.Length: > 0, Password: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>As a field keeps it.</summary>
    public string Write() => JsonSerializer.Serialize(this, s_options);

    /// <summary>Shows no password.</summary>
    public override string ToString() => UserName;
}
