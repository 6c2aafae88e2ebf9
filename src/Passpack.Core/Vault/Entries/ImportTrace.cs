using System.Security.Cryptography;
using System.Text;

namespace Passpack.Vault.Entries;

/// <summary>
/// The item of another program's file that an entry was imported from: so that the same item, imported again, changes nothing, and never puts an old
/// value back. Sealed in the entry's secret; its <see cref="Key"/> also in the summary.
/// </summary>
/// <param name="Format">The file's format.</param>
/// <param name="Id">The item's id there. Empty if the format gives none.</param>
/// <param name="Hash">SHA-256 over all values of the item, in Base64.</param>
/// <param name="Digests">By field, a digest of the value as it was last imported: <see cref="Digest"/>. A field without a value has none.</param>
public sealed record ImportTrace(string Format, string Id, string Hash, IReadOnlyDictionary<string, string> Digests)
{
    private const int DigestBytes = 12;

    /// <summary>By which the entry of an item is found.</summary>
    public string Key => Id.Length == 0 ? "" : KeyOf(Format, Id);

    /// <summary>The key of an item: a digest of format and id, so that a summary does not grow with ids of any length.</summary>
    public static string KeyOf(string format, string id) => Digest($"{format}\n{id}");

    /// <summary>The first 96 bits of SHA-256 of a text, in Base64: enough to tell a change, in few bytes. It never leaves the seal of its entry.</summary>
    public static string Digest(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return Convert.ToBase64String(hash[..DigestBytes]);
    }

    /// <inheritdoc/>
    public bool Equals(ImportTrace? other) => other is not null && Format == other.Format && Id == other.Id && Hash == other.Hash
        && Digests.Count == other.Digests.Count && Digests.All(pair => other.Digests.GetValueOrDefault(pair.Key) == pair.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Format, Id, Hash);
}
