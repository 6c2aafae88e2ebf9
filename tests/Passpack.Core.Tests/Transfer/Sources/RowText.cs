using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Transfer.Sources;

/// <summary>Rows of an import as JSON that a person can read: what the samples' Expected/ holds. Empty values are left out.</summary>
internal static class RowText
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(IEnumerable<ImportRow> rows) =>
        new JsonArray([.. rows.Select(Of)]).ToJsonString(s_options).ReplaceLineEndings("\n") + "\n";

    private static JsonObject Of(ImportRow row)
    {
        var json = new JsonObject();
        Add(json, "error", row.Error);
        Add(json, "name", row.Name);
        if (row.Values is { } values)
            AddValues(json, values);
        if (row.Source is not { } source)
            return json;
        Add(json, "id", source.Id);
        Add(json, "state", source.State == SourceState.InUse ? null : source.State.ToString());
        Add(json, "created", source.Created?.ToString("O"));
        Add(json, "modified", source.Modified?.ToString("O"));
        Add(json, "earlier", source.Earlier.Select(earlier =>
        {
            var one = new JsonObject();
            Add(one, "until", earlier.Until?.ToString("O"));
            Add(one, "name", earlier.Values.Name);
            AddValues(one, earlier.Values);
            return one;
        }));
        Add(json, "files", source.Files.Select(file =>
        {
            using Stream content = file.Open();
            using var bytes = new MemoryStream();
            content.CopyTo(bytes);
            return new JsonObject { ["name"] = file.Name, ["length"] = file.Length, ["content"] = Convert.ToBase64String(bytes.ToArray()) };
        }));
        Add(json, "kept", source.Kept.Select(field => (JsonNode)$"{field.Name}: {field.Outcome}"));
        Add(json, "changed", source.Changed.Select(field => (JsonNode)$"{field.Name}: {field.Outcome}"));
        Add(json, "noPlace", source.NoPlace.Select(field => (JsonNode)$"{field.Name}: {field.Outcome}"));
        return json;
    }

    private static void AddValues(JsonObject json, EntryEdit values)
    {
        Add(json, "type", values.Type);
        Add(json, "userId", values.UserId);
        Add(json, "password", values.Password);
        Add(json, "url", values.Url);
        Add(json, "email", values.Email);
        Add(json, "notes", values.Notes);
        Add(json, "sharedNotes", values.SharedNotes);
        Add(json, "expires", values.Expires?.ToString("O"));
        Add(json, "favorite", values.Favorite?.ToString());
        Add(json, "tags", (values.Tags ?? []).Select(tag => (JsonNode)tag));
        Add(json, "fields", (values.ExtraFields ?? []).Select(field => (JsonNode)$"{field.Type} {field.Name}: {field.Data}"));
    }

    private static void Add(JsonObject json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            json[name] = value;
    }

    private static void Add(JsonObject json, string name, IEnumerable<JsonNode> values)
    {
        JsonArray array = [.. values];
        if (array.Count > 0)
            json[name] = array;
    }
}
