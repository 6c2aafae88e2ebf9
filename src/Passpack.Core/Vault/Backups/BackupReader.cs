using System.Buffers.Binary;
using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Backups;

/// <summary>Reads a backup file, entry by entry. Damaged records are reported, the others returned.</summary>
internal sealed class BackupReader : IDisposable
{
    private const int PlaceOffset = RecordHeader.Size - 8;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly long _frames;
    private RecordCipher? _cipher;

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
    internal void Unlock(BackupHeader written, SecretBytes backupKey) => _cipher = BackupFrame.Cipher(backupKey, written.Id);

    /// <summary>Opens the backup with the keys of an unlocked account. False if it was sealed for another Packing Key.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.BackupDamaged"/>.</exception>
    public bool TryUnlock(VaultKeys keys) => Header.Key == BackupKeyKind.PackingKey && Unlock(() => keys.TryUnwrapForPackingKey(Header.KeyEnvelope));

    /// <summary>The entries, as they are read.</summary>
    /// <param name="damaged">Called for every record that is missing or does not open.</param>
    /// <param name="cancellationToken">Checked before every entry.</param>
    public IEnumerable<BackupEntry> Read(Action<PasspackException> damaged, CancellationToken cancellationToken = default)
    {
        var versions = new List<BackupVersion>();
        BackupEntry? entry = null;
        foreach (BackupFrame frame in Frames(damaged))
        {
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
        _cipher?.Dispose();
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
            _cipher = BackupFrame.Cipher(backupKey, Header.Id);
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
        if (_cipher is null)
            throw new InvalidOperationException("The backup is locked.");
        _stream.Position = _frames;
        for (long place = 0; ; place++)
        {
            if (NextRecord() is not { } record)
            {
                damaged(BackupErrors.Damaged(_path, $"it is cut short, or its framing is broken, after {place} of its frames"));
                yield break;
            }
            // A record whose header names a later place is opened as that one, and the records between count as missing. The header cannot lie,
            // because the record opens only as the one that it names.
            long claimed = record.Length < RecordHeader.Size ? place : BinaryPrimitives.ReadInt64BigEndian(record.AsSpan(PlaceOffset));
            if (!TryRead(record, Math.Max(claimed, place), out BackupFrame? frame, out bool isEnd, out bool headerFits))
            {
                damaged(BackupErrors.Damaged(_path, $"frame {place} does not open, or is not where it belongs"));
                if (claimed < place)
                    place--; // An additional record: the one that belongs here may follow.
                continue;
            }
            if (claimed > place)
                damaged(BackupErrors.Damaged(_path, $"frames {place} to {claimed - 1} are missing"));
            place = claimed;
            if (!isEnd)
            {
                if (frame is { } sound)
                    yield return sound;
                continue;
            }
            if (!headerFits)
                damaged(BackupErrors.Damaged(_path, "its header was changed"));
            if (_stream.ReadByte() >= 0)
                damaged(BackupErrors.Damaged(_path, "there is more behind its end"));
            yield break;
        }
    }

    private bool TryRead(byte[] record, long place, out BackupFrame? frame, out bool isEnd, out bool headerFits)
    {
        frame = null;
        isEnd = headerFits = false;
        if (!_cipher!.TryOpen(BackupFrame.HeaderAt(Header.Id, place), record, out OpenedRecord plaintext))
            return false;
        try
        {
            isEnd = plaintext.Span is [(byte)BackupFrameKind.End, ..];
            headerFits = isEnd && CryptographicOperations.FixedTimeEquals(plaintext.Span, BackupFrame.End(Header.ToBytes()));
            frame = isEnd ? null : BackupFrame.Read(plaintext.Span);
            return isEnd || frame is not null;
        }
        finally
        {
            plaintext.Dispose();
        }
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
}
