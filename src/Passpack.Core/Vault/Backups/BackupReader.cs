using System.Buffers.Binary;
using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Backups;

/// <summary>Reads a backup file, entry by entry. Damaged records are reported, the others returned.</summary>
internal sealed class BackupReader : IDisposable
{
    private const int PlaceOffset = RecordHeader.Size - 8;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly long _frames;
    private RecordCiphers? _ciphers;

    /// <param name="stream">Read sequentially, from its start at every reading. Disposed with this object.</param>
    /// <param name="path">How messages name it.</param>
    /// <exception cref="PasspackException">As <see cref="BackupHeader.Read"/>.</exception>
    public BackupReader(Stream stream, string path)
    {
        _stream = stream;
        _path = path;
        Header = BackupHeader.Read(stream, path);
        _frames = stream.Position;
    }

    public BackupHeader Header { get; }

    /// <summary>Opens the key envelope.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.BackupDamaged"/>.</exception>
    public void Unlock(SecretBytes key) => Unlock(() => KeyEnvelope.Open(EnvelopePurpose.BackupKey, Header.KeyEnvelope, key));

    /// <summary>Opens the backup with the Backup Key of the header just written, for verifying.</summary>
    internal void Unlock(BackupHeader written, SecretBytes backupKey) => _ciphers = BackupFrame.Ciphers(backupKey, written.Id);

    /// <summary>Opens the backup with the keys of an unlocked account. False if it was sealed for another Packing Key.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.BackupDamaged"/>.</exception>
    public bool TryUnlock(VaultKeys keys) => Header.Key == BackupKeyKind.PackingKey && Unlock(() => keys.TryUnwrapForPackingKey(Header.KeyEnvelope));

    /// <summary>The entries, as they are read.</summary>
    /// <param name="damaged">Called for every record that is missing or does not open.</param>
    /// <param name="cancellationToken">Checked before every entry.</param>
    public IEnumerable<BackupEntry> Read(Action<PasspackException> damaged, CancellationToken cancellationToken = default) =>
        Read(damaged, null, cancellationToken);

    /// <summary>The same, and chunks of attachments.</summary>
    /// <param name="damaged">As above.</param>
    /// <param name="chunk">Called for every chunk with its plaintext. Null if nobody wants them.</param>
    /// <param name="cancellationToken">Checked before every entry and chunk.</param>
    public IEnumerable<BackupEntry> Read(Action<PasspackException> damaged, Action<byte[]>? chunk, CancellationToken cancellationToken = default)
    {
        var versions = new List<BackupVersion>();
        BackupEntry? entry = null;
        foreach (BackupFrame frame in Frames(damaged))
        {
            if (frame.Kind == BackupFrameKind.Content)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (frame.Content is not null)
                    chunk?.Invoke(frame.Content);
                continue;
            }
            if (entry is not null && entry.Id != frame.Id)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return entry with { Versions = versions };
                entry = null;
                versions = [];
            }
            entry ??= new BackupEntry(frame.Id);
            if (frame.Value is not { } value)
                continue;
            if (frame.Kind == BackupFrameKind.Version)
                versions.Add(new BackupVersion(frame.Stream, frame.Time, (HistoryReason)frame.Flag, value));
            else if (frame.Kind == BackupFrameKind.Value)
                entry = With(entry, frame, value);
        }
        if (entry is not null)
            yield return entry with { Versions = versions };
    }

    public void Dispose()
    {
        _ciphers?.Dispose();
        _stream.Dispose();
    }

    private static BackupEntry With(BackupEntry entry, in BackupFrame frame, Snapshot value) => frame.Stream switch
    {
        RecordStream.Data => entry with { Content = value.Data, Trashed = frame.Time == 0 ? null : frame.Time, IsPending = (frame.Flag & 1) != 0 },
        RecordStream.Tags => entry with { Tags = value.Tags },
        _ => entry with { Favorite = value.Favorite },
    };

    /// <summary>Opens the backup with the key that <paramref name="open"/> returns. False if that is null.</summary>
    internal bool Unlock(Func<SecretBytes?> open)
    {
        try
        {
            using SecretBytes? backupKey = open();
            if (backupKey is null)
                return false;
            if (backupKey.Length != KeyDerivation.KeyBytes)
                throw BackupErrors.Damaged(_path, "its key envelope holds something else than a key");
            _ciphers = BackupFrame.Ciphers(backupKey, Header.Id);
            return true;
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            throw BackupErrors.WrongKey(_path, Header);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            throw BackupErrors.Damaged(_path, e.Message.TrimEnd('.'), e);
        }
    }

    private IEnumerable<BackupFrame> Frames(Action<PasspackException> damaged)
    {
        if (_ciphers is null)
            throw new InvalidOperationException("The backup is locked.");
        long place = 0;
        foreach (OpenedFrame opened in SideBySide.InOrder(Records(), Open, record => record.Bytes.Length))
        {
            // A record whose header names a later place is opened as that one, and the records between count as missing. The header cannot lie,
            // because the record opens only as the one that it names.
            if (!opened.Opens || opened.Place < place)
            {
                damaged(BackupErrors.Damaged(_path, $"frame {place} does not open, or is not where it belongs"));
                if (opened.Place is null || opened.Place >= place)
                    place++; // Otherwise it is an additional record: the one that belongs here may follow.
                continue;
            }
            if (opened.Place > place)
                damaged(BackupErrors.Damaged(_path, $"frames {place} to {opened.Place - 1} are missing"));
            place = opened.Place!.Value + 1;
            if (opened.Frame is { } sound)
            {
                yield return sound;
                continue;
            }
            if (!opened.HeaderFits)
                damaged(BackupErrors.Damaged(_path, "its header was changed"));
            if (!opened.IsLast)
                damaged(BackupErrors.Damaged(_path, "there is more behind its end"));
            yield break;
        }
        damaged(BackupErrors.Damaged(_path, $"it is cut short, or its framing is broken, after {place} of its frames"));
    }

    // Opens a record as the one that its header names: as any other it does not open.
    private OpenedFrame Open((byte[] Bytes, bool IsLast) record)
    {
        long? place = record.Bytes.Length < RecordHeader.Size ? null : BinaryPrimitives.ReadInt64BigEndian(record.Bytes.AsSpan(PlaceOffset));
        if (place is null || !_ciphers!.TryOpen(BackupFrame.HeaderAt(Header.Id, place.Value), record.Bytes, out OpenedRecord plaintext))
            return new OpenedFrame(place, record.IsLast);
        try
        {
            bool isEnd = plaintext.Span is [(byte)BackupFrameKind.End, ..];
            BackupFrame? frame = isEnd ? null : BackupFrame.Read(plaintext.Span);
            return new OpenedFrame(place, record.IsLast)
            {
                Opens = isEnd || frame is not null,
                Frame = frame,
                HeaderFits = isEnd && CryptographicOperations.FixedTimeEquals(plaintext.Span, BackupFrame.End(Header.ToBytes())),
            };
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    /// <summary>The records up to the end of the file, or to the first that is cut short.</summary>
    private IEnumerable<(byte[] Bytes, bool IsLast)> Records()
    {
        long end = _stream.Length;
        _stream.Position = _frames;
        while (NextRecord() is { } record)
            yield return (record, _stream.Position >= end);
    }

    private byte[]? NextRecord()
    {
        byte[] length = new byte[4];
        if (_stream.ReadAtLeast(length, 4, throwOnEndOfStream: false) < 4)
            return null;
        int bytes = BinaryPrimitives.ReadInt32BigEndian(length);
        if (bytes is < 1 or > BackupFrame.MostBytes)
            return null;
        byte[] record = GC.AllocateUninitializedArray<byte>(bytes);
        return _stream.ReadAtLeast(record, bytes, throwOnEndOfStream: false) < bytes ? null : record;
    }

    /// <param name="Place">The one that its header names. Null if it is too short for a header.</param>
    /// <param name="IsLast">Whether the file ends with it.</param>
    private sealed record OpenedFrame(long? Place, bool IsLast)
    {
        public bool Opens { get; init; }

        /// <summary>Null for the end, and where the record does not open.</summary>
        public BackupFrame? Frame { get; init; }

        public bool HeaderFits { get; init; }
    }
}
