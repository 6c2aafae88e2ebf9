using System.IO.Compression;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Kdbx;

/// <summary>A KDBX file that its key has opened. Its content can be read more than once, and is decrypted and inflated while it is read.</summary>
internal sealed class KdbxFile : IDisposable
{
    private readonly Stream _stream;
    private readonly string _source;
    private readonly FileKeys _keys;
    private readonly long _contentStart;

    private KdbxFile(Stream stream, string source, KdbxHeader header, FileKeys keys)
    {
        (_stream, _source, Header, _keys) = (stream, source, header, keys);
        _contentStart = stream.Position;
    }

    public KdbxHeader Header { get; }

    /// <summary>Opens a file: reads its header, derives its keys, and checks every sum in it, so that nothing of a damaged file is taken.</summary>
    /// <param name="stream">Seekable; stays open.</param>
    /// <param name="source">How messages name it.</param>
    /// <param name="composite">The key of <see cref="CompositeKey"/>, once the header is known to be sound and bearable.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="PasspackException">The file is not KDBX, of a later version, damaged, of absurd cost, or the key does not open it.</exception>
    public static KdbxFile Open(Stream stream, string source, Func<SecretBytes> composite, CancellationToken cancellationToken)
    {
        KdbxHeader header = KdbxHeader.Read(stream, source);
        byte[] sums = [];
        if (header.Major >= 4)
        {
            sums = new byte[SHA256.HashSizeInBytes + HMACSHA256.HashSizeInBytes];
            if (stream.ReadAtLeast(sums, sums.Length, throwOnEndOfStream: false) < sums.Length)
                throw KdbxErrors.CutOff(source, "its header");
            if (!SHA256.HashData(header.Bytes).AsSpan().SequenceEqual(sums.AsSpan(0, SHA256.HashSizeInBytes)))
                throw KdbxErrors.Damaged(source, "its header does not have its sum");
        }
        FileKeys keys;
        using (SecretBytes key = composite())
            keys = FileKeys.Derive(header, key, cancellationToken);
        var file = new KdbxFile(stream, source, header, keys);
        try
        {
            if (header.Major >= 4)
                file.CheckHeader(sums.AsSpan(SHA256.HashSizeInBytes));
            file.CheckContent(cancellationToken);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A file whose header was read and whose keys were derived already; the stream begins with the content.</summary>
    internal static KdbxFile Open(Stream stream, string source, KdbxHeader header, FileKeys keys)
    {
        var file = new KdbxFile(stream, source, header, keys);
        file.CheckContent(CancellationToken.None);
        return file;
    }

    /// <summary>The content from its beginning: up to version 3 the XML; from version 4 on the inner header, then the XML.</summary>
    public ContentStream OpenContent()
    {
        _stream.Position = _contentStart;
        Stream blocks = OpenBlocks();
        Stream clear = Header.Major >= 4 ? Header.Cipher.Decrypt(blocks, _keys.Encryption, Header.Vector) : blocks;
        return new ContentStream(Header.IsCompressed ? new GZipStream(clear, CompressionMode.Decompress) : clear, _source) { IsXml = Header.Major < 4 };
    }

    public void Dispose() => _keys.Dispose();

    private BlockReader OpenBlocks()
    {
        if (Header.Major >= 4)
            return new HmacBlockReader(new OpenStream(_stream), _keys.Sums, _source);
        Stream clear = new ContentStream(Header.Cipher.Decrypt(new OpenStream(_stream), _keys.Encryption, Header.Vector), _source);
        Span<byte> start = stackalloc byte[Header.StreamStart.Length];
        if (clear.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length)
            throw KdbxErrors.CutOff(_source, "its content");
        if (!CryptographicOperations.FixedTimeEquals(start, Header.StreamStart))
            throw KdbxErrors.KeyMismatch(_source);
        return new HashedBlockReader(clear, _source);
    }

    private void CheckHeader(ReadOnlySpan<byte> given)
    {
        Span<byte> sum = stackalloc byte[HMACSHA256.HashSizeInBytes];
        BlockSum.OfHeader(_keys.Sums, Header.Bytes, sum);
        if (!CryptographicOperations.FixedTimeEquals(sum, given))
            throw KdbxErrors.KeyMismatch(_source);
    }

    private void CheckContent(CancellationToken cancellationToken)
    {
        using BlockReader blocks = OpenBlocks();
        byte[] buffer = new byte[64 << 10];
        while (blocks.Read(buffer) > 0)
            cancellationToken.ThrowIfCancellationRequested();
        CryptographicOperations.ZeroMemory(buffer);
    }

    /// <summary>Reads at a place of its own, as there may be several readers of one file, and leaves the file open.</summary>
    public sealed class OpenStream(Stream stream) : ForwardStream
    {
        private long _position = stream.Position;

        public override int Read(Span<byte> buffer)
        {
            stream.Position = _position;
            int count = stream.Read(buffer);
            _position += count;
            return count;
        }
    }
}
