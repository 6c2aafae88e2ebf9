using System.Text.Encodings.Web;
using System.Text.Json;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Writing;

/// <summary>Writes what <c>Export-PasspackEntry | ConvertTo-Json -AsArray</c> gives: an array of <see cref="ExportedEntry"/>.</summary>
internal sealed class JsonEntryWriter : IEntryWriter
{
    private const int FlushBytes = 64 << 10;

    private readonly Utf8JsonWriter _json;

    public JsonEntryWriter(Stream stream)
    {
        // The relaxed encoder leaves letters of every language readable; nothing here is put into HTML.
        _json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.WriteStartArray();
    }

    public void Write(FullEntry entry)
    {
        JsonSerializer.Serialize(_json, ExportedEntry.From(entry), ExportedEntryJson.Default.ExportedEntry);
        if (_json.BytesPending >= FlushBytes)
            _json.Flush();
    }

    public void Complete()
    {
        _json.WriteEndArray();
        _json.Flush();
    }

    public void Dispose() => _json.Dispose();
}
