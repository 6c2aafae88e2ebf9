using System.Buffers.Binary;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Backups;

/// <summary>Writes a backup file, entry by entry.</summary>
internal sealed class BackupWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly RecordCiphers _ciphers;
    private readonly Guid _id;
    private BackupHeader _header;
    private long _place;

    /// <param name="stream">Seekable, because the counts in the header are known only at the end.</param>
    /// <param name="header">Without counts.</param>
    /// <param name="backupKey">32 random bytes.</param>
    public BackupWriter(Stream stream, BackupHeader header, SecretBytes backupKey)
    {
        _stream = stream;
        _header = header;
        _id = header.Id;
        _ciphers = BackupFrame.Ciphers(backupKey, header.Id);
        _stream.Write(header.ToBytes());
    }

    /// <summary>Writes entries; their frames are sealed side by side.</summary>
    /// <returns>After each entry, the number of those that are written.</returns>
    public IEnumerable<long> Write(IEnumerable<BackupEntry> entries)
    {
        long written = 0;
        foreach (List<byte[]> records in SideBySide.InOrder(entries.Select(Place), Seal, placed => placed.Entry.Bytes))
        {
            foreach (byte[] record in records)
                Write(record);
            yield return ++written;
        }
    }

    /// <summary>Writes a chunk of an attachment, behind all entries.</summary>
    public void WriteChunk(Guid entry, ReadOnlySpan<byte> chunk)
    {
        using SecretBuffer plaintext = BackupFrame.OfChunk(entry, chunk);
        Write(Seal(_place++, plaintext.Span));
    }

    private (BackupEntry Entry, List<BackupFrame> Frames, long First) Place(BackupEntry entry)
    {
        List<BackupFrame> frames = [.. Frames(entry)];
        if (entry.Content is not null)
            _header = entry.Trashed is null ? _header with { Entries = _header.Entries + 1 } : _header with { Trashed = _header.Trashed + 1 };
        _header = _header with { Versions = _header.Versions + entry.Versions.Count };
        long first = _place;
        _place += frames.Count;
        return (entry, frames, first);
    }

    private static IEnumerable<BackupFrame> Frames(BackupEntry entry)
    {
        if (entry.Content is { } content)
        {
            yield return new BackupFrame(BackupFrameKind.Value, RecordStream.Data, entry.Id, entry.Trashed ?? 0, entry.IsPending ? (byte)1 : (byte)0,
                new Snapshot(content, null, null));
        }
        if (entry.Tags is { } tags)
            yield return new BackupFrame(BackupFrameKind.Value, RecordStream.Tags, entry.Id, 0, 0, new Snapshot(null, tags, null));
        if (entry.Favorite is { } favorite)
            yield return new BackupFrame(BackupFrameKind.Value, RecordStream.Favorite, entry.Id, 0, 0, new Snapshot(null, null, favorite));
        foreach (BackupVersion version in entry.Versions)
            yield return new BackupFrame(BackupFrameKind.Version, version.Stream, entry.Id, version.Replaced, (byte)version.Reason, version.Value);
    }

    private List<byte[]> Seal((BackupEntry Entry, List<BackupFrame> Frames, long First) placed)
    {
        var records = new List<byte[]>(placed.Frames.Count);
        foreach (BackupFrame frame in placed.Frames)
        {
            using SecretBuffer plaintext = frame.ToPlaintext();
            records.Add(Seal(placed.First + records.Count, plaintext.Span));
        }
        return records;
    }

    /// <summary>Ends the file.</summary>
    /// <returns>The header, complete.</returns>
    public BackupHeader Complete()
    {
        byte[] header = _header.ToBytes();
        Write(Seal(_place++, BackupFrame.End(header)));
        _stream.Position = 0;
        _stream.Write(header);
        return _header;
    }

    public void Dispose() => _ciphers.Dispose();

    private byte[] Seal(long place, ReadOnlySpan<byte> plaintext) => _ciphers.Seal(BackupFrame.HeaderAt(_id, place), plaintext);

    private void Write(byte[] record)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, record.Length);
        _stream.Write(length);
        _stream.Write(record);
    }
}
