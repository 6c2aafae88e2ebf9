using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>
/// For each stream, the count and the sum modulo 2^256 of HMAC-SHA-256(manifest key, stream || id || version || digest) over all live
/// online records. Changing a record costs two terms, however many others there are.
/// </summary>
internal sealed class ManifestSums
{
    private const int TermInputBytes = 1 + 16 + 8 + RecordBody.DigestBytes;

    private readonly Dictionary<byte, (long Count, Sum256 Sum)> _streams = [];

    public IReadOnlyList<StreamSum> ToStreams() =>
        [.. _streams.Where(stream => stream.Value != default).OrderBy(stream => stream.Key)
            .Select(stream => new StreamSum(stream.Key, stream.Value.Count, stream.Value.Sum.ToBytes()))];

    public void Add(VaultKeys keys, byte stream, Guid id, long version, ReadOnlySpan<byte> digest) => Change(keys, stream, id, version, digest, 1);

    /// <summary>The same of what this machine has stored; false: the digest is none, so it cannot add up.</summary>
    public bool TryAdd(VaultKeys keys, byte stream, Guid id, long version, byte[] digest)
    {
        if (digest.Length != RecordBody.DigestBytes)
            return false;
        Add(keys, stream, id, version, digest);
        return true;
    }

    public void Subtract(VaultKeys keys, byte stream, Guid id, long version, ReadOnlySpan<byte> digest) => Change(keys, stream, id, version, digest, -1);

    public bool Equal(Manifest manifest) =>
        ToStreams().Select(Key).SequenceEqual(manifest.Streams.OrderBy(stream => stream.Stream).Select(Key));

    public bool Equal(ManifestSums other) => ToStreams().Select(Key).SequenceEqual(other.ToStreams().Select(Key));

    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.VaultDamaged"/>: a stored sum is malformed.</exception>
    public static ManifestSums Load(VaultConnection connection)
    {
        var sums = new ManifestSums();
        foreach ((byte stream, long count, byte[] sum) in connection.Query(
            "SELECT stream, count, sum FROM manifest_sum", row => ((byte)row.GetInt64(0), row.GetInt64(1), row.GetBytes(2))))
        {
            if (sum.Length != Sum256.Bytes)
                throw VaultErrors.Damaged(connection.Path, "the sums of the manifest that was last verified cannot be read");
            sums._streams[stream] = (count, Sum256.Read(sum));
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
        Sum256 term = Sum256.Read(keys.ManifestTerm(claim));
        ref (long Count, Sum256 Sum) total = ref CollectionsMarshal.GetValueRefOrAddDefault(_streams, stream, out _);
        total = (total.Count + sign, sign > 0 ? total.Sum + term : total.Sum - term);
    }

    private static (byte, long, string) Key(StreamSum sum) => (sum.Stream, sum.Count, Convert.ToHexString(sum.Sum));

    /// <summary>A number modulo 2^256. One addition a record: a general big integer would allocate for each.</summary>
    private readonly record struct Sum256(UInt128 High, UInt128 Low)
    {
        public const int Bytes = 32;

        public static Sum256 Read(ReadOnlySpan<byte> bytes) =>
            new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

        public byte[] ToBytes()
        {
            byte[] bytes = new byte[Bytes];
            BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), Low);
            return bytes;
        }

        public static Sum256 operator +(Sum256 a, Sum256 b)
        {
            UInt128 low = unchecked(a.Low + b.Low);
            return new Sum256(unchecked(a.High + b.High + (low < a.Low ? UInt128.One : UInt128.Zero)), low);
        }

        public static Sum256 operator -(Sum256 a, Sum256 b) =>
            new(unchecked(a.High - b.High - (a.Low < b.Low ? UInt128.One : UInt128.Zero)), unchecked(a.Low - b.Low));
    }
}
