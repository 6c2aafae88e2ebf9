using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>
/// The statement that a device makes with every push: the sums over all live online records, and the manifest's place in the chain. Sealed under the
/// vault's keys, so that the server can neither read nor forge one. Its plaintext is JSON; docs/pack-format.md has the members.
/// </summary>
internal sealed record Manifest
{
    /// <summary>1 at registration, one more with every push.</summary>
    public required long Generation { get; init; }

    /// <summary>The revision that the push leads to.</summary>
    public required long Revision { get; init; }

    /// <summary>SHA-256 of the previous sealed manifest. Empty in the first manifest.</summary>
    public required byte[] Previous { get; init; }

    /// <summary>Who made it.</summary>
    public required Guid Device { get; init; }

    /// <summary>How many manifests this device has made; never runs backwards.</summary>
    public required long Counter { get; init; }

    /// <summary>
    /// Only in the first manifest after an accepted rollback: the head that the device had verified before, of a history that this manifest does not
    /// continue.
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

    /// <summary>Opens a manifest. Null if it was not made under these keys, or not for this generation.</summary>
    public static Manifest? Open(VaultKeys keys, ManifestLink link)
    {
        if (!keys.TryOpen(RecordStream.None, RecordPart.Manifest, keys.VaultId, link.Generation, link.Sealed, out OpenedRecord plaintext))
            return null;
        try
        {
            return JsonSerializer.Deserialize(plaintext.Span, ManifestJson.Default.Manifest) is { } manifest
                && manifest.Generation == link.Generation ? manifest : null;
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    /// <summary>The hash that identifies a manifest: SHA-256 of its sealed bytes.</summary>
    public static byte[] HashOf(ManifestLink link) => SHA256.HashData(link.Sealed);
}

/// <summary>The sum of one stream: 32 bytes, big endian.</summary>
internal sealed record StreamSum(byte Stream, long Count, byte[] Sum);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
