using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Passpack.Packing.Records;
using Passpack.Transfer.Kdbx;

namespace Passpack.TransferSamples;

/// <summary>
/// Makes KDBX files of every version, cipher and key derivation that the reader knows: of XML in which the values to be protected stand in the clear.
/// The module itself writes 4.1 alone. The cost of every key is at its floor.
/// </summary>
internal sealed partial record KdbxFileMaker(int Major, int Minor, KdbxCipher Cipher, KeyCost Cost)
{
    private static readonly byte[] s_aesKeyDerivation = Convert.FromHexString("7C02BB8279A74AC0927D114A00648238");
    private static readonly byte[] s_seed = SHA256.HashData("master seed"u8), s_start = SHA256.HashData("start"u8), s_valueKey = SHA256.HashData("value key"u8);

    public static Argon2KeyCost Argon2(bool isId, uint version) => new(isId, SHA256.HashData("salt"u8), 8 << 10, 1, 1, version);

    public static AesKeyCost AesKdf(ulong rounds) => new(SHA256.HashData("transform seed"u8), rounds);

    public bool IsCompressed { get; init; } = true;

    public uint ValueKind { get; init; } = ValueCipher.ChaCha20;

    /// <summary>Null if the database has none.</summary>
    public string? Password { get; init; }

    /// <summary>The content of its key file. Null if it has none.</summary>
    public byte[]? KeyFileContent { get; init; }

    /// <summary>From version 4 on: files of entries, by number.</summary>
    public IReadOnlyList<byte[]> Files { get; init; } = [];

    public byte[] Make(string xml)
    {
        byte[] vector = SHA256.HashData("vector"u8)[..Cipher.VectorBytes];
        byte[] header = Header(vector);
        using SecretBytes? password = Password is null ? null : SecretBytes.FromChars(Password);
        using SecretBytes? keyFile = KeyFileContent is null ? null : KeyFile.Read(KeyFileContent, "sample");
        using SecretBytes composite = CompositeKey.Of(password, keyFile);
        using FileKeys keys = FileKeys.Derive(HeaderOf(header, vector), composite, CancellationToken.None);
        xml = xml.Replace("HEADER-HASH", Convert.ToBase64String(SHA256.HashData(header)), StringComparison.Ordinal);
        byte[] content = Protect(xml);
        var file = new MemoryStream();
        file.Write(header);
        if (Major >= 4)
        {
            file.Write(SHA256.HashData(header));
            byte[] sum = new byte[32];
            BlockSum.OfHeader(keys.Sums, header, sum);
            file.Write(sum);
            var blocks = new BlockWriter(file, keys.Sums);
            using (Stream encrypted = Cipher.Encrypt(blocks, keys.Encryption, vector))
                encrypted.Write(Compress([.. InnerHeaderBytes(), .. content]));
            blocks.Complete();
            return file.ToArray();
        }
        using (Stream encrypted = Cipher.Encrypt(file, keys.Encryption, vector))
        {
            encrypted.Write(s_start);
            int number = 0;
            byte[] compressed = Compress(content);
            foreach (byte[] block in compressed.Chunk(1000).Append([]))
            {
                encrypted.Write(BitConverter.GetBytes(number++));
                encrypted.Write(block.Length == 0 ? new byte[32] : SHA256.HashData(block));
                encrypted.Write(BitConverter.GetBytes(block.Length));
                encrypted.Write(block);
            }
        }
        return file.ToArray();
    }

    private byte[] Header(byte[] vector)
    {
        var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        writer.Write(KdbxHeader.Signature);
        writer.Write(KdbxHeader.KdbxSignature);
        writer.Write((ushort)Minor);
        writer.Write((ushort)Major);
        Field(1, "a comment, which no reader needs"u8);
        Field(2, Cipher.Id);
        Field(3, [(byte)(IsCompressed ? 1 : 0), 0, 0, 0]);
        Field(4, s_seed);
        Field(7, vector);
        if (Major >= 4)
        {
            Field(11, Cost is Argon2KeyCost argon2 ? KeyCosts.Write(argon2) : new VariantDictionary()
                .Add("$UUID", s_aesKeyDerivation).Add("R", ((AesKeyCost)Cost).Rounds).Add("S", ((AesKeyCost)Cost).Seed).ToArray());
        }
        else
        {
            var aes = (AesKeyCost)Cost;
            Field(5, aes.Seed);
            Field(6, BitConverter.GetBytes(aes.Rounds));
            Field(8, s_valueKey);
            Field(9, s_start);
            Field(10, BitConverter.GetBytes(ValueKind));
        }
        Field(0, "\r\n\r\n"u8);
        return stream.ToArray();

        void Field(byte id, ReadOnlySpan<byte> value)
        {
            writer.Write(id);
            if (Major >= 4)
                writer.Write(value.Length);
            else
                writer.Write((ushort)value.Length);
            writer.Write(value);
        }
    }

    private KdbxHeader HeaderOf(byte[] bytes, byte[] vector) => new()
    {
        Major = Major, Minor = Minor, Cipher = Cipher, IsCompressed = IsCompressed, MasterSeed = s_seed, Vector = vector, Cost = Cost, Bytes = bytes,
    };

    private byte[] InnerHeaderBytes()
    {
        byte[] header = InnerHeader.Write(ValueKind, s_valueKey);
        var stream = new MemoryStream();
        stream.Write(header.AsSpan(..^5));
        foreach (byte[] file in Files)
        {
            stream.WriteByte(3);
            byte[] size = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(size, file.Length + 1);
            stream.Write(size);
            stream.WriteByte(1);
            stream.Write(file);
        }
        stream.Write(header.AsSpan(header.Length - 5));
        return stream.ToArray();
    }

    private byte[] Protect(string xml)
    {
        ValueCipher values = ValueCipher.Create(ValueKind, s_valueKey, "sample");
        return Encoding.UTF8.GetBytes(ProtectedValue().Replace(xml, match =>
        {
            byte[] value = Encoding.UTF8.GetBytes(WebUtility.HtmlDecode(match.Groups[2].Value));
            values.Apply(value);
            return $"{match.Groups[1].Value}{Convert.ToBase64String(value)}<";
        }));
    }

    private byte[] Compress(byte[] content)
    {
        if (!IsCompressed)
            return content;
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(content);
        return stream.ToArray();
    }

    [GeneratedRegex("(Protected=\"True\"[^>]*>)([^<]*)<")]
    private static partial Regex ProtectedValue();
}
