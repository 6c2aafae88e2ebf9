using Passpack.Protocol;

namespace Passpack.Vault.Storage;

/// <summary>
/// A key record as the account row keeps it: its bytes, MAC (32) and signature (64). Read when something of it is asked for: most uses of a vault need
/// nothing of it.
/// </summary>
internal sealed class StoredKeyRecord
{
    private readonly Lazy<KeyRecordContent> _content;

    /// <summary>A key record that came from a server, or is made for one.</summary>
    public StoredKeyRecord(KeyRecord record, KeyRecordContent content)
    {
        Record = record;
        _content = new Lazy<KeyRecordContent>(content);
    }

    private StoredKeyRecord(KeyRecord record, string vault)
    {
        Record = record;
        _content = new Lazy<KeyRecordContent>(() => KeyRecordContent.TryRead(record.Record, out KeyRecordContent? content, out string? fault)
            ? content
            : throw VaultErrors.Damaged(vault, $"the key record that it keeps {fault}"));
    }

    /// <summary>As it travels.</summary>
    public KeyRecord Record { get; }

    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>.</exception>
    public KeyRecordContent Content => _content.Value;

    /// <summary>Reads the value of a column.</summary>
    /// <param name="vault">The path of the vault, for the error.</param>
    /// <param name="stored">Null if the column is.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>.</exception>
    public static StoredKeyRecord? Read(string vault, byte[]? stored)
    {
        const int tail = KeyRecord.MacBytes + Signatures.SignatureBytes;
        if (stored is null)
            return null;
        return stored.Length > tail
            ? new StoredKeyRecord(new KeyRecord(stored[..^tail], stored[^tail..^Signatures.SignatureBytes], stored[^Signatures.SignatureBytes..]), vault)
            : throw VaultErrors.Damaged(vault, "the key record that it keeps is cut short");
    }

    /// <summary>The value of the column.</summary>
    public byte[] ToBytes() => [.. Record.Record, .. Record.Mac, .. Record.Signature];

    /// <summary>Whether both are the same bytes, MAC included; signatures may differ.</summary>
    public bool IsSame(KeyRecord other) => Record.Record.AsSpan().SequenceEqual(other.Record) && Record.Mac.AsSpan().SequenceEqual(other.Mac);
}
