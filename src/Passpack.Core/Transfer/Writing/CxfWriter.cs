using System.Text.Encodings.Web;
using System.Text.Json;
using Passpack.Packing.Records;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Writing;

/// <summary>
/// Writes the Credential Exchange Format 1.0: one account, each entry an item. What only entries have is in extensions, which this module reads back and
/// other programs pass over; <see cref="CxfCredentials"/> writes the credentials.
/// </summary>
internal sealed class CxfWriter : IEntryWriter
{
    private const int FlushBytes = 64 << 10;
    private const string App = "androidapp://";

    private static readonly TargetLoss s_expires = new("Expires", "an extension that other programs pass over");

    private readonly Utf8JsonWriter _json;
    private readonly CxfCredentials _credentials;
    private readonly TargetLosses _losses;

    private CxfWriter(Stream stream, TimeProvider clock, TargetLosses losses)
    {
        _losses = losses;
        _json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _credentials = new CxfCredentials(_json, losses);
        _json.WriteStartObject();
        _json.WriteStartObject("version");
        _json.WriteNumber("major", 1);
        _json.WriteNumber("minor", 0);
        _json.WriteEndObject();
        _json.WriteString("exporterRpId", CxfLayout.Extension);
        _json.WriteString("exporterDisplayName", "PasspackPS");
        _json.WriteNumber("timestamp", clock.GetUtcNow().ToUnixTimeSeconds());
        _json.WriteStartArray("accounts");
        _json.WriteStartObject();
        _json.WriteString("id", Base64Text.EncodeUrl("passpack"u8));
        _json.WriteString("username", "");
        _json.WriteString("email", "");
        _json.WriteStartArray("collections");
        _json.WriteEndArray();
        _json.WriteStartArray("items");
    }

    /// <summary>Its place in the table.</summary>
    public static TargetFormat Target { get; } = new(EntryFileFormat.Cxf, "the FIDO Alliance's exchange format")
    {
        Open = (stream, options, losses) => new CxfWriter(stream, options.Clock, losses),
        Losses = [s_expires, .. CxfCredentials.Losses],
    };

    public void Write(FullEntry entry)
    {
        EntrySummary summary = entry.Summary;
        ExtraField[] urls = [.. entry.Secret.ExtraFields.Where(field => field.Type == FieldTypes.Url)];
        ExtraField[] pages = [.. urls.Where(url => !IsApp(url.Data))], apps = [.. urls.Where(url => IsApp(url.Data))];
        _json.WriteStartObject();
        _json.WriteString("id", Base64Text.EncodeUrl(summary.Id.ToByteArray(bigEndian: true)));
        _json.WriteNumber("creationAt", summary.Created.ToUnixTimeSeconds());
        _json.WriteNumber("modifiedAt", summary.Modified.ToUnixTimeSeconds());
        _json.WriteString("title", summary.Name);
        _json.WriteBoolean("favorite", summary.Favorite);
        // Without an address of its own, an entry's further ones would be read as the first: they are written as fields then.
        bool hasScope = summary.Url.Length > 0;
        if (hasScope)
            WriteScope(summary.Url, pages, apps);
        _credentials.Write(entry, urlsAsFields: !hasScope);
        _json.WriteStartArray("tags");
        foreach (string tag in summary.Tags)
            _json.WriteStringValue(tag);
        _json.WriteEndArray();
        WriteExtension(summary, hasScope ? [.. pages, .. apps] : []);
        _json.WriteEndObject();
        if (_json.BytesPending >= FlushBytes)
            _json.Flush();
    }

    public void Complete()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Dispose() => _json.Dispose();

    private static bool IsApp(string url) => url.StartsWith(App, StringComparison.Ordinal) && url.Length > App.Length;

    private void WriteScope(string url, ExtraField[] pages, ExtraField[] apps)
    {
        _json.WriteStartObject("scope");
        _json.WriteStartArray("urls");
        _json.WriteStringValue(url);
        foreach (ExtraField page in pages)
            _json.WriteStringValue(page.Data);
        _json.WriteEndArray();
        _json.WriteStartArray("androidApps");
        foreach (ExtraField app in apps)
        {
            _json.WriteStartObject();
            _json.WriteString("bundleId", app.Data.AsSpan(App.Length));
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteExtension(EntrySummary summary, ExtraField[] urls)
    {
        _json.WriteStartArray("extensions");
        _json.WriteStartObject();
        _json.WriteString("name", CxfLayout.Extension);
        _json.WriteString("type", summary.Type);
        if (summary.Expires is { } expires)
        {
            _losses.Tell(s_expires);
            _json.WriteString("expires", expires);
        }
        if (urls.Length > 0)
        {
            _json.WriteStartArray("urlNames");
            foreach (ExtraField url in urls)
                _json.WriteStringValue(url.Name);
            _json.WriteEndArray();
        }
        _json.WriteEndObject();
        _json.WriteEndArray();
    }
}
