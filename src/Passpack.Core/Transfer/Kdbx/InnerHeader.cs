using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Transfer.Kdbx;

/// <summary>
/// KDBX 4's header within the content: the cipher of protected values, and the files of entries, numbered by their order.
/// </summary>
internal static class InnerHeader
{
    private const byte End = 0, CipherKind = 1, CipherKey = 2, Binary = 3;
    private const int MostFieldBytes = 64 << 10, HeadBytes = 5;

    /// <summary>More than any program lets one attach.</summary>
    private const int MostBinaries = 1 << 20;

    /// <summary>Reads up to where the XML begins, and gives the cipher of protected values.</summary>
    /// <param name="content">From its beginning.</param>
    /// <param name="files">Takes the files.</param>
    /// <param name="source">How messages name the file.</param>
    public static ValueCipher Read(ContentStream content, BinaryStore files, string source)
    {
        uint kind = ValueCipher.None;
        byte[] key = [];
        while (ReadHead(content, source) is (not End, var size) field)
        {
            if (field.Id == Binary)
            {
                ReadFile(content, size, files, source);
                continue;
            }
            if (size > MostFieldBytes)
                throw WrongSize(source);
            byte[] value = new byte[size];
            Require(content, value, source);
            if (field.Id == CipherKind)
                kind = size == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(value) : throw WrongSize(source);
            else if (field.Id == CipherKey)
                key = value;
        }
        ValueCipher values = ValueCipher.Create(kind, key, source);
        CryptographicOperations.ZeroMemory(key);
        content.IsXml = true;
        return values;
    }

    /// <summary>Goes to the file of a number in content from its beginning, whose next bytes are then the file's.</summary>
    public static int Seek(ContentStream content, int number, string source)
    {
        while (ReadHead(content, source) is (not End, var size) field)
        {
            if (field.Id != Binary || number-- > 0)
            {
                Skip(content, size, source);
                continue;
            }
            if (size > 0)
                Skip(content, 1, source);
            return Math.Max(0, size - 1);
        }
        throw KdbxErrors.Damaged(source, "an attachment is missing");
    }

    public static byte[] Write(uint kind, byte[] key)
    {
        byte[] bytes = new byte[HeadBytes + 4 + HeadBytes + key.Length + HeadBytes];
        WriteHead(bytes, CipherKind, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(HeadBytes), kind);
        WriteHead(bytes.AsSpan(HeadBytes + 4), CipherKey, key.Length);
        key.CopyTo(bytes, HeadBytes + 4 + HeadBytes);
        WriteHead(bytes.AsSpan(bytes.Length - HeadBytes), End, 0);
        return bytes;
    }

    private static void ReadFile(ContentStream content, int size, BinaryStore files, string source)
    {
        if (files.Count == MostBinaries)
            throw KdbxErrors.TooLarge(source, "holds more than a million attachments");
        Skip(content, Math.Min(size, 1), source); // A byte of flags comes first.
        int length = Math.Max(0, size - 1);
        byte[]? file = files.Takes(length) ? ReadKept(content, length, source) : null;
        if (file is null)
            Skip(content, length, source);
        files.Add(files.NextNumber, length, file);
    }

    // Grows with what arrives, because a size may be a lie.
    private static byte[] ReadKept(ContentStream content, int length, string source)
    {
        byte[] file = new byte[Math.Min(length, 1 << 20)];
        for (int read = 0; ; )
        {
            Require(content, file.AsSpan(read), source);
            read = file.Length;
            if (read == length)
                return file;
            Array.Resize(ref file, (int)Math.Min(length, 2L * read));
        }
    }

    private static void WriteHead(Span<byte> bytes, byte id, int size)
    {
        bytes[0] = id;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], size);
    }

    private static (byte Id, int Size) ReadHead(ContentStream content, string source)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        Require(content, head, source);
        int size = BinaryPrimitives.ReadInt32LittleEndian(head[1..]);
        return size >= 0 ? (head[0], size) : throw KdbxErrors.TooLarge(source, "holds an attachment of more than 2 GiB");
    }

    private static PasspackException WrongSize(string source) => KdbxErrors.Damaged(source, "a field of its inner header has a wrong size");

    private static void Skip(ContentStream content, int count, string source)
    {
        byte[] buffer = new byte[Math.Min(count, 64 << 10)];
        for (; count > 0; count -= buffer.Length)
            Require(content, buffer.AsSpan(0, Math.Min(count, buffer.Length)), source);
    }

    private static void Require(ContentStream content, Span<byte> buffer, string source)
    {
        if (content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
            throw KdbxErrors.CutOff(source, "its content");
    }
}
