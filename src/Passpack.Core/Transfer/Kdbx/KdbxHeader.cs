using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Transfer.Kdbx;

/// <summary>
/// The header in the clear that a KDBX file begins with, of versions 2 to 4. Layout: https://keepass.info/help/kb/kdbx.html and kdbx_4.html
/// (2026), and KeePassXC's reader.
/// </summary>
internal sealed record KdbxHeader
{
    public const uint Signature = 0x9AA2D903, KdbxSignature = 0xB54BFB67;
    public const int SignatureBytes = 12, SeedBytes = 32;

    private const uint PreRelease = 0xB54BFB66, KeePass1 = 0xB54BFB65;
    private const int MostBytes = 1 << 20;

    public required int Major { get; init; }

    public required int Minor { get; init; }

    public required KdbxCipher Cipher { get; init; }

    public required bool IsCompressed { get; init; }

    public required byte[] MasterSeed { get; init; }

    public required byte[] Vector { get; init; }

    public required KeyCost Cost { get; init; }

    /// <summary>Up to version 3: what the content begins with if the key is right. Empty from version 4 on.</summary>
    public byte[] StreamStart { get; init; } = [];

    /// <summary>Up to version 3: the cipher of protected values. Version 4 has it in the content.</summary>
    public uint ValueCipher { get; init; }

    public byte[] ValueKey { get; init; } = [];

    /// <summary>The header as it stands in the file.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>Whether a file's first bytes are KDBX's, or those of an earlier database of KeePass.</summary>
    public static bool IsLike(ReadOnlySpan<byte> start) => start.Length >= 8 && BinaryPrimitives.ReadUInt32LittleEndian(start) == Signature;

    /// <summary>Reads the header up to its end.</summary>
    /// <exception cref="PasspackException">The file is not KDBX, of a later version, damaged, or of absurd cost.</exception>
    public static KdbxHeader Read(Stream stream, string source)
    {
        var bytes = new MemoryStream();
        ReadOnlySpan<byte> start = Take(SignatureBytes);
        if (!IsLike(start))
            throw KdbxErrors.NotKdbx(source);
        switch (BinaryPrimitives.ReadUInt32LittleEndian(start[4..]))
        {
            case KdbxSignature or PreRelease:
                break;
            case KeePass1:
                throw KdbxErrors.KeePass1(source);
            default:
                throw KdbxErrors.NotKdbx(source);
        }
        int minor = BinaryPrimitives.ReadUInt16LittleEndian(start[8..]), major = BinaryPrimitives.ReadUInt16LittleEndian(start[10..]);
        if (major > 4)
            throw KdbxErrors.TooNew(source, major, minor);
        var fields = new Dictionary<byte, byte[]>();
        while (true)
        {
            byte id = Take(1)[0];
            long size = major < 4 ? BinaryPrimitives.ReadUInt16LittleEndian(Take(2)) : BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
            if (size > MostBytes - bytes.Length)
                throw KdbxErrors.TooLarge(source, "has a header of more than 1 MiB");
            byte[] value = Take((int)size);
            if (id == HeaderField.End)
                return HeaderField.Interpret(fields, major, minor, bytes.ToArray(), source);
            fields[id] = value;
        }

        byte[] Take(int count)
        {
            byte[] taken = new byte[count];
            if (stream.ReadAtLeast(taken, count, throwOnEndOfStream: false) < count)
                throw bytes.Length == 0 ? KdbxErrors.NotKdbx(source) : KdbxErrors.CutOff(source, "its header");
            bytes.Write(taken);
            return taken;
        }
    }

    /// <summary>A header of KDBX 4.1 with seeds of its own.</summary>
    public static KdbxHeader New(KdbxCipher cipher, Argon2KeyCost cost)
    {
        byte[] seed = RandomNumberGenerator.GetBytes(SeedBytes), vector = RandomNumberGenerator.GetBytes(cipher.VectorBytes);
        return new KdbxHeader
        {
            Major = 4,
            Minor = 1,
            Cipher = cipher,
            IsCompressed = true,
            MasterSeed = seed,
            Vector = vector,
            Cost = cost,
            Bytes = HeaderField.Write(cipher, seed, vector, cost),
        };
    }
}
