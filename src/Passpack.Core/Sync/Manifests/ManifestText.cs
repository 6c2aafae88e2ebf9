using System.Text.Json;
using System.Text.Json.Serialization;
using Passpack.Protocol;

namespace Passpack.Sync.Manifests;

/// <summary>
/// The JSON inside a manifest. One text has one meaning: what another reader could take otherwise is refused. docs/pack-format.md, "The manifest".
/// </summary>
internal static class ManifestText
{
    // Far more than there are kinds of records.
    private const int MostStreams = 64;

    public static byte[] Write(Manifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.Manifest);

    /// <summary>Null if it is none.</summary>
    public static Manifest? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return HasNameTwice(utf8) || JsonSerializer.Deserialize(utf8, ManifestJson.Default.Manifest) is not { } manifest
                || !IsSound(manifest) ? null : manifest;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsSound(Manifest manifest) =>
        manifest is { Generation: >= 1, Revision: >= 0, Counter: >= 0, Previous.Length: 0 or SignedManifest.HashBytes, Streams: not null }
        && manifest.Log is null or { Number: >= 0, Hash.Length: SignedManifest.HashBytes }
        && manifest.Left is null or { Generation: >= 0, Hash.Length: SignedManifest.HashBytes }
        && manifest.Streams.Count <= MostStreams
        && manifest.Streams.All(sum => sum is { Stream: >= 1, Count: >= 1, Hash.Length: RecordBody.DigestBytes })
        && manifest.Streams.Zip(manifest.Streams.Skip(1)).All(pair => pair.First.Stream < pair.Second.Stream);

    // The serializer of .NET 8 takes the last of two.
    private static bool HasNameTwice(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        var names = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                names.Push([]);
            else if (reader.TokenType == JsonTokenType.EndObject)
                names.Pop();
            else if (reader.TokenType == JsonTokenType.PropertyName && !names.Peek().Add(NameOf(reader)))
                return true;
        }
        return false;
    }

    private static string NameOf(Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e) // Half a surrogate pair, or bytes that are no UTF-8.
        {
            throw new JsonException("A name is no text.", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
