using System.Buffers.Binary;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>
/// Of each stream, the number of its online records, tombstones included, and a hash over the newest state of all of them
/// (<see cref="SetHash"/> of stream || id || version || deleted || digest). A change costs two terms, however many records there are.
/// </summary>
internal sealed class ManifestSums
{
    private const int ElementBytes = 1 + 16 + 8 + 1 + RecordBody.DigestBytes;

    private readonly Dictionary<byte, Sum> _streams = [];

    public IReadOnlyList<StreamSum> ToStreams() =>
        [.. Counted().Select(stream => new StreamSum(stream.Key, stream.Value.Count, stream.Value.Hash.Digest()))];

    public void Add(byte stream, Guid id, long version, bool deleted, ReadOnlySpan<byte> digest) => Change(stream, id, version, deleted, digest, 1);

    /// <summary>The same of what this machine has stored; false: the digest is none, so it cannot add up.</summary>
    public bool TryAdd(byte stream, Guid id, long version, bool deleted, byte[] digest)
    {
        if (digest.Length != RecordBody.DigestBytes)
            return false;
        Add(stream, id, version, deleted, digest);
        return true;
    }

    public void Subtract(byte stream, Guid id, long version, bool deleted, ReadOnlySpan<byte> digest) => Change(stream, id, version, deleted, digest, -1);

    /// <summary>Adds what other sums have, as if record by record.</summary>
    public void Add(ManifestSums other)
    {
        foreach ((byte stream, Sum sum) in other._streams)
        {
            Sum mine = Of(stream);
            mine.Count += sum.Count;
            mine.Hash.Add(sum.Hash);
        }
    }

    public bool Equal(Manifest manifest) => Equal(ToStreams(), manifest.Streams);

    public bool Equal(ManifestSums other) => Equal(ToStreams(), other.ToStreams());

    /// <summary>Whether two manifests say the same of all streams.</summary>
    public static bool Equal(IReadOnlyList<StreamSum> one, IReadOnlyList<StreamSum> other) =>
        one.OrderBy(stream => stream.Stream).Select(Key).SequenceEqual(other.OrderBy(stream => stream.Stream).Select(Key));

    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.VaultDamaged"/>: a stored sum is malformed.</exception>
    public static ManifestSums Load(VaultConnection connection)
    {
        var sums = new ManifestSums();
        foreach ((byte stream, long count, byte[] state) in connection.Query(
            "SELECT stream, count, sum FROM manifest_sum", row => ((byte)row.GetInt64(0), row.GetInt64(1), row.GetBytes(2))))
        {
            if (state.Length != SetHash.StateBytes)
                throw VaultErrors.Damaged(connection.Path, "the sums of the manifest that was last verified cannot be read");
            sums._streams[stream] = new Sum(count, new SetHash(state));
        }
        return sums;
    }

    public void Save(VaultConnection connection)
    {
        connection.Execute("DELETE FROM manifest_sum");
        foreach ((byte stream, Sum sum) in Counted())
            connection.Execute("INSERT INTO manifest_sum (stream, count, sum) VALUES ($1, $2, $3)", (long)stream, sum.Count, sum.Hash.State.ToArray());
    }

    private void Change(byte stream, Guid id, long version, bool deleted, ReadOnlySpan<byte> digest, int sign)
    {
        Span<byte> element = stackalloc byte[ElementBytes];
        element[0] = stream;
        id.TryWriteBytes(element[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(element[17..], version);
        element[25] = deleted ? (byte)1 : (byte)0;
        digest.CopyTo(element[26..]);
        Sum sum = Of(stream);
        sum.Count += sign;
        if (sign > 0)
            sum.Hash.Add(element);
        else
            sum.Hash.Remove(element);
    }

    private Sum Of(byte stream)
    {
        if (!_streams.TryGetValue(stream, out Sum? sum))
            _streams.Add(stream, sum = new Sum(0, new SetHash()));
        return sum;
    }

    private IEnumerable<KeyValuePair<byte, Sum>> Counted() => _streams.Where(stream => stream.Value.Count != 0).OrderBy(stream => stream.Key);

    private static (byte, long, string) Key(StreamSum sum) => (sum.Stream, sum.Count, Convert.ToHexString(sum.Hash));

    private sealed class Sum(long count, SetHash hash)
    {
        public long Count { get; set; } = count;

        public SetHash Hash => hash;
    }
}
