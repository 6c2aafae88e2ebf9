using Passpack.Protocol;

namespace Passpack.Vault.Storage;

/// <summary>
/// A key record as the account row keeps it: its bytes, MAC (32) and signature (64). Read when something of it is asked for: most uses of a vault need
/// nothing of it.
/// </summary>
internal sealed class StoredKeyRecord
{
    private const int TailBytes = KeyRecord.MacBytes + Signatures.SignatureBytes;

    private readonly byte[] _stored;
    private readonly Lazy<KeyRecordContent> _content;

    /// <summary>A key record that came from a server, or is made for one.</summary>
    public StoredKeyRecord(KeyRecord record, KeyRecordContent content)
    {
        _stored = [.. record.Record, .. record.Mac, .. record.Signature];
        _content = new Lazy<KeyRecordContent>(content);
    }

    private StoredKeyRecord(byte[] stored, string vault)
    {
        _stored = stored;
        _content = new Lazy<KeyRecordContent>(() => KeyRecordContent.TryRead(Record.Record, out KeyRecordContent? content, out string? fault)
            ? content
            : throw VaultErrors.Damaged(vault, $"the key record that it keeps {fault}"));
    }

    /// <summary>As it travels. Of a value that somebody cut, its parts are empty.</summary>
    public KeyRecord Record => _stored.Length < TailBytes
        ? new KeyRecord([], [], [])
        : new KeyRecord(_stored[..^TailBytes], _stored[^TailBytes..^Signatures.SignatureBytes], _stored[^Signatures.SignatureBytes..]);

    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>.</exception>
    public KeyRecordContent Content => _content.Value;

    /// <summary>Reads the value of a column.</summary>
    /// <param name="vault">The path of the vault, for the error.</param>
    /// <param name="stored">Null if the column is.</param>
    public static StoredKeyRecord? Read(string vault, byte[]? stored) => stored is null ? null : new StoredKeyRecord(stored, vault);

    /// <summary>The value of the column.</summary>
    public byte[] ToBytes() => _stored;

    /// <summary>Whether both are the same bytes, MAC included; signatures may differ.</summary>
    public bool IsSame(KeyRecord other)
    {
        KeyRecord mine = Record;
        return mine.Record.AsSpan().SequenceEqual(other.Record) && mine.Mac.AsSpan().SequenceEqual(other.Mac);
    }
}
