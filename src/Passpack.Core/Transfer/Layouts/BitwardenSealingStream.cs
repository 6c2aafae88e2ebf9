using System.Buffers.Text;
using System.Security.Cryptography;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Layouts;

/// <summary>
/// Seals what is written to it as one text of <see cref="BitwardenProtection"/>, and writes that text as it comes: memory does not grow with the content.
/// The text is whole after <see cref="Complete"/>.
/// </summary>
internal sealed class BitwardenSealingStream : WriteOnlyStream
{
    // Whole blocks of AES, and whole groups of Base64.
    private const int PieceBytes = 48 << 10;

    private readonly Stream _target;
    private readonly Aes _aes = Aes.Create();
    private readonly ICryptoTransform _encryptor;
    private readonly IncrementalHash _mac;
    private readonly byte[] _piece = GC.AllocateArray<byte>(PieceBytes, pinned: true);
    private readonly byte[] _sealed = new byte[PieceBytes];
    private readonly byte[] _text = new byte[Base64.GetMaxEncodedToUtf8Length(PieceBytes + 64)];
    private int _count;

    /// <param name="target">Stays open.</param>
    /// <param name="encryptionKey">Of AES-256; copied.</param>
    /// <param name="macKey">Of HMAC-SHA-256; copied.</param>
    public BitwardenSealingStream(Stream target, byte[] encryptionKey, ReadOnlySpan<byte> macKey)
    {
        _target = target;
        _aes.Key = encryptionKey;
        _encryptor = _aes.CreateEncryptor(); // CBC, PKCS #7, a random IV.
        _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, macKey);
        _mac.AppendData(_aes.IV);
        _target.Write("2."u8);
        WriteText(_aes.IV);
        _target.Write("|"u8);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int taken = Math.Min(buffer.Length, PieceBytes - _count);
            buffer[..taken].CopyTo(_piece.AsSpan(_count));
            buffer = buffer[taken..];
            if ((_count += taken) < PieceBytes)
                continue;
            Seal(_sealed.AsSpan(0, _encryptor.TransformBlock(_piece, 0, PieceBytes, _sealed, 0)));
            _count = 0;
        }
    }

    /// <summary>Writes the end of the text, with its MAC.</summary>
    public void Complete()
    {
        Seal(_encryptor.TransformFinalBlock(_piece, 0, _count));
        _target.Write("|"u8);
        WriteText(_mac.GetHashAndReset());
    }

    public override void Flush() => _target.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _encryptor.Dispose();
            _aes.Dispose();
            _mac.Dispose();
            CryptographicOperations.ZeroMemory(_piece);
        }
        base.Dispose(disposing);
    }

    private void Seal(ReadOnlySpan<byte> sealedBytes)
    {
        _mac.AppendData(sealedBytes);
        WriteText(sealedBytes);
    }

    private void WriteText(ReadOnlySpan<byte> bytes)
    {
        Base64.EncodeToUtf8(bytes, _text, out _, out int written);
        _target.Write(_text.AsSpan(0, written));
    }
}
