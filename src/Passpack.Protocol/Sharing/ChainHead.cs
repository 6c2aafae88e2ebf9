namespace Passpack.Protocol.Sharing;

/// <summary>Names one link of a chain, a statement or a manifest.</summary>
/// <param name="Number">Of a statement its number, from 0; of a manifest its generation, from 1.</param>
/// <param name="Hash">SHA-256 of its bytes.</param>
public readonly record struct ChainHead(long Number, Hash256 Hash)
{
    /// <summary>Of the manifests, before there is one: generation 0, zeros.</summary>
    public static ChainHead None => default;
}
