using System.Buffers.Binary;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Backups;

/// <summary>Writes a backup file, entry by entry.</summary>
internal sealed class BackupWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly RecordCipher _cipher;
    private BackupHeader _header;
    private long _place;

    /// <param name="stream">Seekable, because the counts in the header are known only at the end.</param>
    /// <param name="header">Without counts.</param>
    /// <param name="backupKey">32 random bytes.</param>
    public BackupWriter(Stream stream, BackupHeader header, SecretBytes backupKey)
    {
        _stream = stream;
        _header = header;
        _cipher = BackupFrame.Cipher(backupKey, header.Id);
        _stream.Write(header.ToBytes());
    }

    public void Write(BackupEntry entry)
    {
        if (entry.Content is { } content)
        {
            _header = entry.Trashed is null ? _header with { Entries = _header.Entries + 1 } : _header with { Trashed = _header.Trashed + 1 };
            Write(new BackupFrame(BackupFrameKind.Value, RecordStream.Data, entry.Id, entry.Trashed ?? 0, entry.IsPending ? (byte)1 : (byte)0,
                new Snapshot(content, null, null)));
        }
        if (entry.Tags is { } tags)
            Write(new BackupFrame(BackupFrameKind.Value, RecordStream.Tags, entry.Id, 0, 0, new Snapshot(null, tags, null)));
        if (entry.Favorite is { } favorite)
            Write(new BackupFrame(BackupFrameKind.Value, RecordStream.Favorite, entry.Id, 0, 0, new Snapshot(null, null, favorite)));
        foreach (BackupVersion version in entry.Versions)
            Write(new BackupFrame(BackupFrameKind.Version, version.Stream, entry.Id, version.Replaced, (byte)version.Reason, version.Value));
        _header = _header with { Versions = _header.Versions + entry.Versions.Count };
    }

    /// <summary>Ends the file.</summary>
    /// <returns>The header, complete.</returns>
    public BackupHeader Complete()
    {
        byte[] header = _header.ToBytes();
        Seal(BackupFrame.End(header));
        _stream.Position = 0;
        _stream.Write(header);
        return _header;
    }

    public void Dispose() => _cipher.Dispose();

    private void Write(BackupFrame frame)
    {
        using SecretBuffer plaintext = frame.ToPlaintext();
        Seal(plaintext.Span);
    }

    private void Seal(ReadOnlySpan<byte> plaintext)
    {
        byte[] record = _cipher.Seal(BackupFrame.HeaderAt(_header.Id, _place++), plaintext);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, record.Length);
        _stream.Write(length);
        _stream.Write(record);
    }
}
