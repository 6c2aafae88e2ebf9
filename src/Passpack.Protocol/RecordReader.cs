using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Passpack.Protocol;

/// <summary>
/// Reads one <see cref="RecordMessage"/> as it arrives, and trusts nothing of it: a frame's length is compared with what is left of the most that the
/// message may have before memory is taken for it, so a message never takes more than that.
/// </summary>
/// <param name="source">The message, and nothing after it.</param>
/// <param name="most">Bytes that the message may have.</param>
/// <param name="mostMetadata">Bytes that its metadata may have.</param>
public sealed class RecordReader(Stream source, long most = Limits.MessageBytes, int mostMetadata = Limits.MetadataBytes)
{
    // Many small values take many times their size in memory. The longest metadata has six tokens for each manifest.
    private const int MostTokens = 4 * 6 * Limits.ManifestsPerPage;

    private static readonly long s_firstTime = DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), s_lastTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly byte[] _buffer = new byte[32 << 10];
    private readonly byte[] _start = new byte[RecordMessage.FrameBytes];
    private int _next, _filled;
    private long _taken;

    /// <summary>Bytes that came so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Reads the first frame.</summary>
    /// <exception cref="RecordFormatException">It is none.</exception>
    /// <exception cref="JsonException">Its JSON is not what the type demands.</exception>
    public async Task<T> ReadMetadataAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        byte[] magic = new byte[RecordMessage.Magic.Length];
        await TakeAsync(magic, cancellationToken).ConfigureAwait(false);
        if (!magic.AsSpan().SequenceEqual(RecordMessage.Magic))
            throw new RecordFormatException("is not of the layout of records that is known here");
        (byte kind, int length) = await ReadFrameAsync(cancellationToken).ConfigureAwait(false);
        if (kind != RecordMessage.MetadataKind)
            throw new RecordFormatException("does not begin with metadata");
        if (length > mostMetadata)
            throw new RecordFormatException($"has more than {mostMetadata} bytes of metadata");
        byte[] json = new byte[length];
        await TakeAsync(json, cancellationToken).ConfigureAwait(false);
        RequireFewTokens(json);
        return JsonSerializer.Deserialize(json, type) ?? throw new RecordFormatException("has no metadata");
    }

    // Also finds broken JSON, so that the path in a later error consists of this product's own names only.
    private static void RequireFewTokens(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        for (int tokens = 0; reader.Read(); tokens++)
        {
            if (tokens == MostTokens)
                throw new RecordFormatException("has more values in its metadata than any has");
        }
    }

    /// <summary>Reads all records and the end.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="isPush">Whether they are of a push, where a record may say that it is only sealed anew.</param>
    /// <exception cref="RecordFormatException">They are none.</exception>
    public Task<IReadOnlyList<RecordChange>> ReadRecordsAsync(CancellationToken cancellationToken, bool isPush = false)
    {
        int flags = RecordMessage.DeletedFlag | (isPush ? RecordMessage.ResealedFlag : 0);
        return ReadItemsAsync(RecordMessage.RecordKind, RecordMessage.FieldBytes, (fields, body) => ReadFields(fields, body, flags), cancellationToken);
    }

    /// <summary>Reads all earlier versions and the end.</summary>
    /// <exception cref="RecordFormatException">They are none.</exception>
    public Task<IReadOnlyList<EarlierVersion>> ReadVersionsAsync(CancellationToken cancellationToken) => ReadItemsAsync(
        RecordMessage.VersionKind, RecordMessage.TimeBytes + RecordMessage.FieldBytes,
        (fields, body) => new EarlierVersion(
            ReadFields(fields[RecordMessage.TimeBytes..], body, RecordMessage.DeletedFlag), ReadTime(fields), ReadTime(fields[8..])), cancellationToken);

    private async Task<IReadOnlyList<TItem>> ReadItemsAsync<TItem>(byte expected, int fieldBytes, ReadItem<TItem> read, CancellationToken cancellationToken)
    {
        var items = new List<TItem>();
        byte[] fields = new byte[fieldBytes];
        while (true)
        {
            (byte kind, int length) = await ReadFrameAsync(cancellationToken).ConfigureAwait(false);
            if (kind == RecordMessage.EndKind)
            {
                await RequireEndAsync(length, cancellationToken).ConfigureAwait(false);
                return items;
            }
            if (kind != expected)
                throw new RecordFormatException($"has a frame of kind {kind} where a record or the end belongs");
            if (items.Count == Limits.RecordsPerBatch)
                throw new RecordFormatException($"has more than {Limits.RecordsPerBatch} records");
            if (length < fieldBytes)
                throw new RecordFormatException($"has a record of {length} bytes, and its fields alone have {fieldBytes}");
            await TakeAsync(fields, cancellationToken).ConfigureAwait(false);
            if (length - fieldBytes > Limits.RecordBodyBytes)
                throw TooLarge(items.Count, fields.AsSpan(fieldBytes - RecordMessage.FieldBytes), length - fieldBytes);
            byte[] body = new byte[length - fieldBytes];
            await TakeAsync(body, cancellationToken).ConfigureAwait(false);
            items.Add(read(fields, body));
        }
    }

    private static RecordChange ReadFields(ReadOnlySpan<byte> fields, byte[] body, int known)
    {
        byte flags = fields[25];
        if ((flags & ~known) != 0)
            throw new RecordFormatException("has a record with flags that are none");
        return new RecordChange(fields[0], IdOf(fields), BinaryPrimitives.ReadInt64BigEndian(fields[17..]), (flags & RecordMessage.DeletedFlag) != 0,
            fields.Slice(26, RecordMessage.DigestBytes).ToArray(), body, (flags & RecordMessage.ResealedFlag) != 0);
    }

    private static Guid IdOf(ReadOnlySpan<byte> fields) => new(fields.Slice(1, 16), bigEndian: true);

    private static DateTimeOffset ReadTime(ReadOnlySpan<byte> bytes)
    {
        long time = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return time >= s_firstTime && time <= s_lastTime ? DateTimeOffset.FromUnixTimeMilliseconds(time) : throw new RecordFormatException("has a time that is none");
    }

    private static RecordFormatException TooLarge(int index, ReadOnlySpan<byte> fields, int bytes) => new(
        $"is too large in records[{index}] ({IdOf(fields)} of stream {fields[0]}), whose body has {bytes} bytes; the most is {Limits.RecordBodyBytes}") { IsRecordTooLarge = true };

    private async Task<(byte Kind, int Length)> ReadFrameAsync(CancellationToken cancellationToken)
    {
        await TakeAsync(_start, cancellationToken).ConfigureAwait(false);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_start.AsSpan(1));
        if (length > most - _taken)
            throw new RecordFormatException($"has a frame of {length} bytes, beyond the {most} that it may have in all");
        return (_start[0], (int)length);
    }

    private async Task RequireEndAsync(int length, CancellationToken cancellationToken)
    {
        if (length != 0 || _next < _filled || await FillAsync(_buffer, cancellationToken).ConfigureAwait(false) != 0)
            throw new RecordFormatException("goes on after its end");
    }

    private async ValueTask TakeAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        if (target.Length > most - _taken)
            throw new RecordFormatException($"has more than {most} bytes");
        _taken += target.Length;
        while (true)
        {
            int ready = Math.Min(target.Length, _filled - _next);
            _buffer.AsMemory(_next, ready).CopyTo(target);
            _next += ready;
            target = target[ready..];
            if (target.IsEmpty)
                return;
            bool isLarge = target.Length >= _buffer.Length;
            int read = await FillAsync(isLarge ? target : _buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw new RecordFormatException("is cut short");
            if (isLarge)
                target = target[read..];
            else
                (_next, _filled) = (0, read);
        }
    }

    private async ValueTask<int> FillAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        int read = await source.ReadAsync(target, cancellationToken).ConfigureAwait(false);
        BytesRead += read;
        return read;
    }

    private delegate TItem ReadItem<TItem>(ReadOnlySpan<byte> fields, byte[] body);
}

/// <summary>
/// Bytes are not of the form that a <see cref="RecordMessage"/> has. The words are this product's own; they complete "its answer ..." and "the body ...".
/// </summary>
public sealed class RecordFormatException : FormatException
{
    /// <summary>With what is wrong.</summary>
    public RecordFormatException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Whether the one fault is that a record is larger than <see cref="Limits.RecordBodyBytes"/>.</summary>
    public bool IsRecordTooLarge { get; init; }
}
