using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.IO;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Paddings;
using Org.BouncyCastle.Crypto.Parameters;
using Passpack.Packing.Records;

namespace Passpack.Transfer.Kdbx;

/// <summary>A cipher of KDBX's content: AES-256-CBC and Twofish-CBC with PKCS #7, ChaCha20 (RFC 8439), under keys of 32 bytes.</summary>
internal sealed class KdbxCipher
{
    public static readonly KdbxCipher Aes = new("31C1F2E6BF714350BE5805216AFC5AFF", 16);
    public static readonly KdbxCipher Twofish = new("AD68F29F576F4BB9A36AD47AF965346C", 16);
    public static readonly KdbxCipher ChaCha20 = new("D6038A2B8B6F4CB5A524339A31DBB59A", 12);

    private static readonly KdbxCipher[] s_all = [Aes, Twofish, ChaCha20];

    private KdbxCipher(string id, int vectorBytes) => (Id, VectorBytes) = (Convert.FromHexString(id), vectorBytes);

    public byte[] Id { get; }

    /// <summary>The size of the initial vector, or nonce.</summary>
    public int VectorBytes { get; }

    /// <summary>Null if the id is unknown.</summary>
    public static KdbxCipher? Find(ReadOnlySpan<byte> id)
    {
        foreach (KdbxCipher cipher in s_all)
        {
            if (id.SequenceEqual(cipher.Id))
                return cipher;
        }
        return null;
    }

    /// <summary>The content of an encrypted stream, which is closed with it.</summary>
    public Stream Decrypt(Stream stream, SecretBytes key, byte[] vector) => this == Aes
        ? new CryptoStream(stream, Cbc(key, vector, encrypt: false), CryptoStreamMode.Read)
        : new CipherStream(stream, Managed(key, vector, encrypt: false), null);

    /// <summary>A stream whose content is encrypted into another, which is closed with it.</summary>
    public Stream Encrypt(Stream stream, SecretBytes key, byte[] vector) => this == Aes
        ? new CryptoStream(stream, Cbc(key, vector, encrypt: true), CryptoStreamMode.Write)
        : new CipherStream(stream, null, Managed(key, vector, encrypt: true));

    [SuppressMessage("Security", "CA5401", Justification = "KDBX's header holds the vector, which is random in what this project writes.")]
    private static ICryptoTransform Cbc(SecretBytes key, byte[] vector, bool encrypt)
    {
        using var aes = System.Security.Cryptography.Aes.Create();
        return encrypt ? aes.CreateEncryptor(key.Array, vector) : aes.CreateDecryptor(key.Array, vector);
    }

    private BufferedCipherBase Managed(SecretBytes key, byte[] vector, bool encrypt)
    {
        BufferedCipherBase cipher = this == Twofish
            ? new PaddedBufferedBlockCipher(new CbcBlockCipher(new TwofishEngine()), new Pkcs7Padding())
            : new BufferedStreamCipher(new ChaCha7539Engine());
        cipher.Init(encrypt, new ParametersWithIV(new KeyParameter(key.Array), vector));
        return cipher;
    }
}
