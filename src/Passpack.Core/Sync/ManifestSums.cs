using System.Buffers.Binary;
using System.Numerics;
using Passpack.Packing;
using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>
/// For each stream, the count and the sum modulo 2^256 of HMAC-SHA-256(manifest key, stream || id || version || digest) over all live
/// online records. Changing a record costs two terms, however many others there are.
/// </summary>
internal sealed class ManifestSums
{
    private const int TermInputBytes = 1 + 16 + 8 + RecordBody.DigestBytes;
    private static readonly BigInteger s_modulus = BigInteger.One << 256;

    private readonly SortedDictionary<byte, (long Count, BigInteger Sum)> _streams = [];

    public IReadOnlyList<StreamSum> ToStreams() =>
        [.. _streams.Where(stream => stream.Value.Count != 0 || !stream.Value.Sum.IsZero)
            .Select(stream => new StreamSum(stream.Key, stream.Value.Count, ToBytes(stream.Value.Sum)))];

    public void Add(VaultKeys keys, byte stream, Guid id, long version, ReadOnlySpan<byte> digest) => Change(keys, stream, id, version, digest, 1);

    public void Subtract(VaultKeys keys, byte stream, Guid id, long version, ReadOnlySpan<byte> digest) => Change(keys, stream, id, version, digest, -1);

    public bool Equal(Manifest manifest) =>
        ToStreams().Select(Key).SequenceEqual(manifest.Streams.OrderBy(stream => stream.Stream).Select(Key));

    public static ManifestSums Load(VaultConnection connection)
    {
        var sums = new ManifestSums();
        foreach ((byte stream, long count, byte[] sum) in connection.Query(
            "SELECT stream, count, sum FROM manifest_sum", row => ((byte)row.GetInt64(0), row.GetInt64(1), row.GetBytes(2))))
        {
            sums._streams[stream] = (count, new BigInteger(sum, isUnsigned: true, isBigEndian: true));
        }
        return sums;
    }

    public void Save(VaultConnection connection)
    {
        connection.Execute("DELETE FROM manifest_sum");
        foreach (StreamSum sum in ToStreams())
            connection.Execute("INSERT INTO manifest_sum (stream, count, sum) VALUES ($1, $2, $3)", (long)sum.Stream, sum.Count, sum.Sum);
    }

    private void Change(VaultKeys keys, byte stream, Guid id, long version, ReadOnlySpan<byte> digest, int sign)
    {
        Span<byte> claim = stackalloc byte[TermInputBytes];
        claim[0] = stream;
        id.TryWriteBytes(claim[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(claim[17..], version);
        digest.CopyTo(claim[25..]);
        var term = new BigInteger(keys.ManifestTerm(claim), isUnsigned: true, isBigEndian: true);
        (long count, BigInteger sum) = _streams.GetValueOrDefault(stream, (0, BigInteger.Zero));
        _streams[stream] = (count + sign, (sum + (sign > 0 ? term : s_modulus - term)) % s_modulus);
    }

    private static (byte, long, string) Key(StreamSum sum) => (sum.Stream, sum.Count, Convert.ToHexString(sum.Sum));

    private static byte[] ToBytes(BigInteger sum)
    {
        byte[] bytes = new byte[32];
        byte[] magnitude = sum.ToByteArray(isUnsigned: true, isBigEndian: true);
        magnitude.CopyTo(bytes, bytes.Length - magnitude.Length);
        return bytes;
    }
}
