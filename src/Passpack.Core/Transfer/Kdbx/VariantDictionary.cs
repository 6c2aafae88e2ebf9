using System.Buffers.Binary;
using System.Text;

namespace Passpack.Transfer.Kdbx;

/// <summary>A dictionary of KDBX 4's header: named numbers and bytes.</summary>
internal sealed class VariantDictionary
{
    private const byte UInt32 = 0x04, UInt64 = 0x05, Bool = 0x08, Int32 = 0x0C, Int64 = 0x0D, Text = 0x18, Bytes = 0x42;
    private const byte MajorVersion = 1;

    private readonly Dictionary<string, (byte Type, byte[] Value)> _items = new(StringComparer.Ordinal);

    /// <summary>Reads a dictionary.</summary>
    /// <exception cref="FormatException">The bytes are no dictionary.</exception>
    public static VariantDictionary Read(ReadOnlySpan<byte> bytes)
    {
        var dictionary = new VariantDictionary();
        if (bytes.Length < 2 || bytes[1] > MajorVersion)
            throw new FormatException("the key derivation's parameters have an unknown version");
        bytes = bytes[2..];
        while (true)
        {
            byte type = Take(ref bytes, 1)[0];
            if (type == 0)
                return dictionary;
            string name = Encoding.UTF8.GetString(TakeSized(ref bytes));
            byte[] value = TakeSized(ref bytes).ToArray();
            int size = type switch { UInt32 or Int32 => 4, UInt64 or Int64 => 8, Bool => 1, Text or Bytes => value.Length, _ => -1 };
            if (size != value.Length)
                throw new FormatException("a parameter of the key derivation has an unknown type or a wrong size");
            dictionary._items[name] = (type, value);
        }
    }

    /// <summary>A number. Null if there is none of this name.</summary>
    public ulong? Number(string name) => !_items.TryGetValue(name, out (byte Type, byte[] Value) item) ? null : item.Type switch
    {
        UInt32 or Int32 => BinaryPrimitives.ReadUInt32LittleEndian(item.Value),
        UInt64 or Int64 => BinaryPrimitives.ReadUInt64LittleEndian(item.Value),
        _ => null,
    };

    /// <summary>Bytes. Null if there are none of this name.</summary>
    public byte[]? Array(string name) => _items.TryGetValue(name, out (byte Type, byte[] Value) item) && item.Type == Bytes ? item.Value : null;

    public VariantDictionary Add(string name, uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _items.Add(name, (UInt32, bytes));
        return this;
    }

    public VariantDictionary Add(string name, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _items.Add(name, (UInt64, bytes));
        return this;
    }

    public VariantDictionary Add(string name, byte[] value)
    {
        _items.Add(name, (Bytes, value));
        return this;
    }

    public byte[] ToArray()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write((ushort)(MajorVersion << 8));
        foreach ((string name, (byte type, byte[] value)) in _items)
        {
            writer.Write(type);
            byte[] nameBytes = Encoding.UTF8.GetBytes(name);
            writer.Write(nameBytes.Length);
            writer.Write(nameBytes);
            writer.Write(value.Length);
            writer.Write(value);
        }
        writer.Write((byte)0);
        return stream.ToArray();
    }

    private static ReadOnlySpan<byte> TakeSized(ref ReadOnlySpan<byte> bytes) => Take(ref bytes, BinaryPrimitives.ReadInt32LittleEndian(Take(ref bytes, 4)));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (count < 0 || count > bytes.Length)
            throw new FormatException("the key derivation's parameters are cut off");
        ReadOnlySpan<byte> taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }
}
