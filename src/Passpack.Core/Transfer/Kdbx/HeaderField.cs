using System.Buffers.Binary;
using System.Globalization;

namespace Passpack.Transfer.Kdbx;

/// <summary>The fields of KDBX's header, by number.</summary>
internal static class HeaderField
{
    public const byte End = 0;

    private const byte CipherId = 2, Compression = 3, MasterSeed = 4, TransformSeed = 5, TransformRounds = 6, Vector = 7, ValueKey = 8,
        StreamStart = 9, ValueCipher = 10, KeyDerivation = 11;

    private const int StreamStartBytes = 32;

    /// <summary>The header that its fields make. Unknown fields are left alone, as KeePass does.</summary>
    public static KdbxHeader Interpret(Dictionary<byte, byte[]> fields, int major, int minor, byte[] bytes, string source)
    {
        try
        {
            byte[] cipherId = Field(CipherId);
            KdbxCipher cipher = KdbxCipher.Find(cipherId) ?? throw KdbxErrors.Unsupported(source,
                $"a cipher that this version does not know ({Convert.ToHexString(cipherId.AsSpan(0, Math.Min(cipherId.Length, 16)))})");
            uint compression = BinaryPrimitives.ReadUInt32LittleEndian(Sized(Compression, 4));
            if (compression > 1)
                throw KdbxErrors.Unsupported(source, string.Create(CultureInfo.InvariantCulture, $"an unknown compression ({compression})"));
            return new KdbxHeader
            {
                Major = major,
                Minor = minor,
                Cipher = cipher,
                IsCompressed = compression == 1,
                MasterSeed = Sized(MasterSeed, KdbxHeader.SeedBytes),
                Vector = Sized(Vector, cipher.VectorBytes),
                Cost = major >= 4 ? KeyCosts.Read(Field(KeyDerivation), source)
                    : KeyCosts.Aes(Field(TransformSeed), BinaryPrimitives.ReadUInt64LittleEndian(Sized(TransformRounds, 8)), source),
                StreamStart = major >= 4 ? [] : Sized(StreamStart, StreamStartBytes),
                ValueCipher = major >= 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(Sized(ValueCipher, 4)),
                ValueKey = major >= 4 ? [] : Field(ValueKey),
                Bytes = bytes,
            };
        }
        catch (FormatException e)
        {
            throw KdbxErrors.Damaged(source, "in its header " + e.Message);
        }

        byte[] Field(byte id) => fields.GetValueOrDefault(id)
            ?? throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"field {id} is missing"));

        byte[] Sized(byte id, int size) => Field(id) is { } field && field.Length == size
            ? field
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"field {id} has a wrong size"));
    }

    /// <summary>A header of KDBX 4.1.</summary>
    public static byte[] Write(KdbxCipher cipher, byte[] seed, byte[] vector, Argon2KeyCost cost)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(KdbxHeader.Signature);
        writer.Write(KdbxHeader.KdbxSignature);
        writer.Write((ushort)1);
        writer.Write((ushort)4);
        Field(CipherId, cipher.Id);
        Field(Compression, [1, 0, 0, 0]);
        Field(MasterSeed, seed);
        Field(Vector, vector);
        Field(KeyDerivation, KeyCosts.Write(cost));
        Field(End, "\r\n\r\n"u8.ToArray());
        return stream.ToArray();

        void Field(byte id, byte[] value)
        {
            writer.Write(id);
            writer.Write(value.Length);
            writer.Write(value);
        }
    }
}
