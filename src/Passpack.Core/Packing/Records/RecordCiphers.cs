using System.Collections.Concurrent;
using Passpack.Protocol;

namespace Passpack.Packing.Records;

/// <summary>Ciphers under one key for any number of threads: a <see cref="RecordCipher"/> serves one at a time and is expensive to make.</summary>
/// <param name="key">Owned, and zeroed with this object.</param>
internal sealed class RecordCiphers(SecretBytes key) : IDisposable
{
    private readonly ConcurrentBag<RecordCipher> _free = [];

    /// <inheritdoc cref="RecordCipher.Seal"/>
    public byte[] Seal(in RecordHeader header, ReadOnlySpan<byte> plaintext)
    {
        RecordCipher cipher = Rent();
        try
        {
            return cipher.Seal(header, plaintext);
        }
        finally
        {
            _free.Add(cipher);
        }
    }

    /// <inheritdoc cref="RecordCipher.TryOpen"/>
    public bool TryOpen(scoped in RecordHeader header, scoped ReadOnlySpan<byte> record, out OpenedRecord plaintext)
    {
        RecordCipher cipher = Rent();
        try
        {
            return cipher.TryOpen(header, record, out plaintext);
        }
        finally
        {
            _free.Add(cipher);
        }
    }

    /// <summary>Not while a thread still works.</summary>
    public void Dispose()
    {
        key.Dispose();
        while (_free.TryTake(out RecordCipher? cipher))
            cipher.Dispose();
    }

    private RecordCipher Rent() => _free.TryTake(out RecordCipher? cipher) ? cipher : new RecordCipher(key);
}
