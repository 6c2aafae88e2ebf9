using System.Text.Json.Serialization;
using Passpack.Protocol.Sharing;

namespace Passpack.Sync.Manifests;

/// <summary>The statement of a shared vault's log that a manifest names: its number, and its hash (32 bytes).</summary>
internal sealed record ManifestLog(long Number, byte[] Hash)
{
    /// <summary>The same as the chain has it.</summary>
    [JsonIgnore]
    public ChainHead Head => new(Number, Hash256.Read(Hash));

    public static ManifestLog Of(ChainHead head) => new(head.Number, head.Hash.ToBytes());
}
