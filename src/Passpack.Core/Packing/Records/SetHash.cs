using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Passpack.Packing.Records;

/// <summary>
/// A hash over a set that changes element by element: LtHash16 (eprint 2019/227), 1,024 lanes of 16 bits, little endian. An element adds the 2,048 bytes of
/// its SHAKE-256 (FIPS 202) lane by lane, and takes them away when it leaves. It needs no key: two sets of one hash cannot be found, not even by somebody
/// who may choose the elements; each element may stand once only.
/// </summary>
public sealed class SetHash
{
    /// <summary>Bytes of the state.</summary>
    public const int StateBytes = 2048;

    private readonly byte[] _state;

    /// <summary>The hash of no element.</summary>
    public SetHash() => _state = new byte[StateBytes];

    /// <summary>The hash with a state that <see cref="State"/> gave.</summary>
    /// <param name="state"><see cref="StateBytes"/> bytes.</param>
    public SetHash(ReadOnlySpan<byte> state)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(state.Length, StateBytes, nameof(state));
        _state = state.ToArray();
    }

    /// <summary>What has to be kept to go on.</summary>
    public ReadOnlySpan<byte> State => _state;

    private Span<ushort> Lanes => MemoryMarshal.Cast<byte, ushort>(_state.AsSpan());

    /// <summary>Adds an element.</summary>
    public void Add(ReadOnlySpan<byte> element)
    {
        Span<byte> term = stackalloc byte[StateBytes];
        Shake.Hash(element, term);
        Add(term, Lanes);
    }

    /// <summary>Takes an element away that was added.</summary>
    public void Remove(ReadOnlySpan<byte> element)
    {
        Span<byte> term = stackalloc byte[StateBytes];
        Shake.Hash(element, term);
        Subtract(term, Lanes);
    }

    /// <summary>Adds all elements of another set, and takes away what was taken away there.</summary>
    public void Add(SetHash other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Add(other._state, Lanes);
    }

    /// <summary>SHA-256 of the state: what two sides compare.</summary>
    public byte[] Digest() => SHA256.HashData(_state);

    private static void Add(ReadOnlySpan<byte> term, Span<ushort> lanes)
    {
        ReadOnlySpan<ushort> added = MemoryMarshal.Cast<byte, ushort>(term);
        for (int i = 0; i < lanes.Length; i += Vector<ushort>.Count)
            (new Vector<ushort>(lanes[i..]) + new Vector<ushort>(added[i..])).CopyTo(lanes[i..]);
    }

    private static void Subtract(ReadOnlySpan<byte> term, Span<ushort> lanes)
    {
        ReadOnlySpan<ushort> removed = MemoryMarshal.Cast<byte, ushort>(term);
        for (int i = 0; i < lanes.Length; i += Vector<ushort>.Count)
            (new Vector<ushort>(lanes[i..]) - new Vector<ushort>(removed[i..])).CopyTo(lanes[i..]);
    }
}
