using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>
/// What a device that pushes vouches for: the sums over all live online records, and its place in the chain. Sealed under the vault's
/// keys, so that the server can neither read nor make one. Its plaintext is JSON; docs/pack-format.md has the members.
/// </summary>
internal sealed record Manifest
{
    /// <summary>From 1, at registration, by one a push.</summary>
    public required long Generation { get; init; }

    /// <summary>The revision that the push leads to.</summary>
    public required long Revision { get; init; }

    /// <summary>SHA-256 of the sealed manifest before; empty in the first.</summary>
    public required byte[] Previous { get; init; }

    /// <summary>Who made it.</summary>
    public required Guid Device { get; init; }

    /// <summary>That device's own count of the manifests that it made; never runs backwards.</summary>
    public required long Counter { get; init; }

    /// <summary>
    /// Where the device was before it accepted that the server went back: the head of a history that this one does not continue. In no
    /// other manifest.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Checkpoint? Left { get; init; }

    /// <summary>By stream; streams without live records are left out.</summary>
    public required IReadOnlyList<StreamSum> Streams { get; init; }

    public ManifestLink Seal(VaultKeys keys)
    {
        byte[] plaintext = JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.Manifest);
        return new ManifestLink(Generation, keys.Seal(RecordStream.None, RecordPart.Manifest, keys.VaultId, Generation, plaintext));
    }

    /// <summary>Null: not made under these keys, or not for this generation.</summary>
    public static Manifest? Open(VaultKeys keys, ManifestLink link)
    {
        if (!keys.TryOpen(RecordStream.None, RecordPart.Manifest, keys.VaultId, link.Generation, link.Sealed, out OpenedRecord plaintext))
            return null;
        try
        {
            return JsonSerializer.Deserialize(plaintext.Span, ManifestJson.Default.Manifest) is { } manifest && manifest.Generation == link.Generation ? manifest : null;
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    /// <summary>What names this manifest: SHA-256 of its sealed bytes.</summary>
    public static byte[] HashOf(ManifestLink link) => SHA256.HashData(link.Sealed);
}

/// <summary>The sum of one stream: 32 bytes, big endian.</summary>
internal sealed record StreamSum(byte Stream, long Count, byte[] Sum);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
