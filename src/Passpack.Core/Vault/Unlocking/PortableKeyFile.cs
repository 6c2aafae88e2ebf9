using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>
/// A key file that sets up an empty machine (docs/pack-format.md, "The portable key file"): one line of ASCII, because secrets of CI runners are texts.
/// What unlocks the account stands in it as it is; server, User ID and token are sealed under that, as one.
/// </summary>
internal sealed class PortableKeyFile : IDisposable
{
    private const int NonceBytes = 12, TagBytes = 16, IdBytes = 16, NumberBytes = 8, MostBytes = 8192;
    private const int FixedBytes = (2 * IdBytes) + (2 * SHA256.HashSizeInBytes) + SealedToken.TokenBytes + NumberBytes;

    private PortableKeyFile(SecretBytes derived, SecretBytes token)
    {
        Derived = derived;
        Token = token;
    }

    /// <summary>What scrypt gave for the key envelope that the file was made for, 64 bytes.</summary>
    public SecretBytes Derived { get; }

    /// <summary>Of the key file: it connects machines.</summary>
    public SecretBytes Token { get; }

    /// <summary>As the list of devices knows the key file.</summary>
    public required Guid Id { get; init; }

    public required Guid VaultId { get; init; }

    public required string Server { get; init; }

    public required string UserId { get; init; }

    /// <summary>The SHA-256 of the certificate that the server has to show. Null: one that a certificate authority vouches for.</summary>
    public byte[]? Certificate { get; init; }

    /// <summary>How far the machine that made the file had verified the account's history. Null if it had not synced.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>SHA-256 of the text of the key envelope, 32 bytes.</summary>
    public required byte[] EnvelopeHash { get; init; }

    private static ReadOnlySpan<byte> Magic => "passpack-key-file#"u8;

    private static ReadOnlySpan<byte> Version => "1"u8;

    private static ReadOnlySpan<byte> Purpose => "portable"u8;

    /// <summary>Whether the file was made for the key envelope of this vault.</summary>
    public bool IsFor(Guid vaultId, string keyEnvelope) => VaultId == vaultId && EnvelopeHash.AsSpan().SequenceEqual(KeyFile.HashOf(keyEnvelope));

    /// <summary>Makes one for an account.</summary>
    /// <param name="account">Connected.</param>
    /// <param name="id">Of the key file.</param>
    /// <param name="derived">Owned by the file from now on, as <paramref name="token"/> is.</param>
    /// <param name="token">Of the key file.</param>
    public static PortableKeyFile Of(AccountRow account, Guid id, SecretBytes derived, SecretBytes token) => new(derived, token)
    {
        Id = id,
        VaultId = account.VaultId,
        Server = account.Server!,
        UserId = account.UserId,
        Certificate = account.Certificate,
        Checkpoint = account.Checkpoint,
        EnvelopeHash = KeyFile.HashOf(account.KeyEnvelope),
    };

    /// <summary>Whether a file says that it is one; whether it is sound, <see cref="Read"/> tells.</summary>
    public static bool IsOne(string path)
    {
        using FileStream file = SharedRead.Open(path, bufferSize: 0);
        Span<byte> start = stackalloc byte[Magic.Length];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Magic);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyFileTooNew"/>; <see cref="ErrorCodes.KeyFileDamaged"/>: it is none, cut short, altered, or for another purpose.
    /// </exception>
    public static PortableKeyFile Read(string path)
    {
        // Unbuffered, so that no copy of the key is left in a buffer.
        using FileStream file = SharedRead.Open(path, bufferSize: 0);
        if (file.Length > MostBytes)
            throw Damaged(path, "it is too large for one");
        using var bytes = new SecretBytes((int)file.Length);
        int read = file.ReadAtLeast(bytes.Span, bytes.Length, throwOnEndOfStream: false);
        // Whatever puts a secret into a file likes to end it with a line break.
        return Parse(path, bytes.Span[..read].Trim(" \t\r\n"u8));
    }

    /// <summary>Writes the file, whole or not at all, readable by its owner only.</summary>
    /// <param name="path">Where.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    /// <param name="give">Makes the file another user's, before it has its name. Null: it stays this user's.</param>
    public void Write(string path, bool overwrite, Action<string>? give = null)
    {
        using SecretBytes plaintext = Join(), key = SealingKey(Derived);
        byte[] sealedBytes = new byte[NonceBytes + plaintext.Length + TagBytes];
        using var text = new SecretBytes(MostBytes);
        int length = 0;
        Append(Magic);
        Append(Version);
        Append("#"u8);
        Append(Purpose);
        Append("#"u8);
        AppendBase64(Derived.Span);
        Append("#"u8);
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(..NonceBytes));
        using (var gcm = new AesGcm(key.Span, TagBytes))
        {
            gcm.Encrypt(sealedBytes.AsSpan(..NonceBytes), plaintext.Span, sealedBytes.AsSpan(NonceBytes..^TagBytes), sealedBytes.AsSpan(^TagBytes..),
                text.Span[..length]);
        }
        AppendBase64(sealedBytes);
        Append("#"u8);
        AppendBase64(KeyFile.Checksum(text.Span[..length]));
        Append("\n"u8);
        KeyFile.Write(path, overwrite, stream => stream.Write(text.Span[..length]), give);

        void Append(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(text.Span[length..]);
            length += bytes.Length;
        }

        void AppendBase64(ReadOnlySpan<byte> bytes)
        {
            Base64.EncodeToUtf8(bytes, text.Span[length..], out _, out int written);
            length += written;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Derived.Dispose();
        Token.Dispose();
    }

    private static PortableKeyFile Parse(string path, ReadOnlySpan<byte> text)
    {
        if (UnattendedFile.IsOne(text))
        {
            throw Damaged(path, "it unlocks an account where that is, and sets up none. " +
                "A file for empty machines is made with 'Enable-PasspackUnattendedUnlock -KeyFile ... -Portable'");
        }
        if (!text.StartsWith(Magic))
            throw Damaged(path, "it is none of this module");
        ReadOnlySpan<byte> rest = text[Magic.Length..];
        ReadOnlySpan<byte> version = Next(ref rest), purpose = Next(ref rest), key = Next(ref rest), content = Next(ref rest);
        if (version.Length is 0 or > 6 || version.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw Damaged(path, "it was altered: its version is no number");
        if (!version.SequenceEqual(Version))
        {
            throw new PasspackException(ErrorCodes.KeyFileTooNew,
                $"The key file {path} is of version {Encoding.ASCII.GetString(version)}; this module knows version 1. Update the module " +
                "(Update-Module Passpack), or make the file with the version of the module that reads it.") { Target = path };
        }
        if (content.IsEmpty || rest.Length < Base64.GetMaxEncodedToUtf8Length(KeyFile.ChecksumBytes))
            throw Damaged(path, "it is cut short");
        if (!purpose.SequenceEqual(Purpose))
            throw Damaged(path, $"it is for another purpose, '{PrintableText.Of(Encoding.ASCII.GetString(purpose), 20)}'");
        using SecretBytes? checksum = Decoded(rest);
        if (checksum is null || !checksum.Span.SequenceEqual(KeyFile.Checksum(text[..^rest.Length])))
            throw Damaged(path, "it was altered: its checksum does not fit");
        SecretBytes? derived = Decoded(key);
        try
        {
            using SecretBytes? sealedBytes = Decoded(content);
            if (derived is not { Length: WrappingKey.DerivedBytes } || sealedBytes is not { Length: >= NonceBytes + FixedBytes + TagBytes })
                throw Damaged(path, "it was altered: one of its parts has another length");
            PortableKeyFile file = Open(path, derived, sealedBytes, text[..^(rest.Length + 1 + content.Length)]);
            derived = null;
            return file;
        }
        finally
        {
            derived?.Dispose();
        }
    }

    private static PortableKeyFile Open(string path, SecretBytes derived, SecretBytes sealedBytes, ReadOnlySpan<byte> before)
    {
        using var opened = new SecretBytes(sealedBytes.Length - NonceBytes - TagBytes);
        using (SecretBytes key = SealingKey(derived))
        using (var gcm = new AesGcm(key.Span, TagBytes))
        {
            try
            {
                gcm.Decrypt(sealedBytes.Span[..NonceBytes], sealedBytes.Span[NonceBytes..^TagBytes], sealedBytes.Span[^TagBytes..], opened.Span, before);
            }
            catch (AuthenticationTagMismatchException e)
            {
                throw Damaged(path, "it was altered: what is sealed in it does not open under its key", e);
            }
        }
        ReadOnlySpan<byte> rest = opened.Span;
        ReadOnlySpan<byte> vault = Take(ref rest, IdBytes), envelope = Take(ref rest, SHA256.HashSizeInBytes), id = Take(ref rest, IdBytes),
            token = Take(ref rest, SealedToken.TokenBytes), generation = Take(ref rest, NumberBytes), hash = Take(ref rest, SHA256.HashSizeInBytes);
        if (!SizedText.TryTake(ref rest, out ReadOnlySpan<byte> server) || !SizedText.TryTake(ref rest, out ReadOnlySpan<byte> user)
            || !SizedText.TryTake(ref rest, out ReadOnlySpan<byte> certificate) || !rest.IsEmpty || certificate.Length is not (0 or SHA256.HashSizeInBytes))
        {
            throw Damaged(path, "what is sealed in it has another form");
        }
        long at = BinaryPrimitives.ReadInt64BigEndian(generation);
        return new PortableKeyFile(derived, SecretBytes.CopyOf(token))
        {
            Id = new Guid(id, bigEndian: true),
            VaultId = new Guid(vault, bigEndian: true),
            Server = Encoding.UTF8.GetString(server),
            UserId = Encoding.UTF8.GetString(user),
            Certificate = certificate.IsEmpty ? null : certificate.ToArray(),
            Checkpoint = at > 0 ? new Checkpoint(at, hash.ToArray()) : null,
            EnvelopeHash = envelope.ToArray(),
        };
    }

    private SecretBytes Join()
    {
        byte[] server = Encoding.UTF8.GetBytes(Server), user = Encoding.UTF8.GetBytes(UserId), certificate = Certificate ?? [];
        var joined = new SecretBytes(FixedBytes + (3 * SizedText.Before) + server.Length + user.Length + certificate.Length);
        byte[] generation = new byte[NumberBytes];
        BinaryPrimitives.WriteInt64BigEndian(generation, Checkpoint?.Generation ?? 0);
        int at = 0;
        Put(VaultId.ToByteArray(bigEndian: true));
        Put(EnvelopeHash);
        Put(Id.ToByteArray(bigEndian: true));
        Put(Token.Span);
        Put(generation);
        Put(Checkpoint?.Hash ?? new byte[SHA256.HashSizeInBytes]);
        PutText(server);
        PutText(user);
        PutText(certificate);
        return joined;

        void Put(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(joined.Span[at..]);
            at += bytes.Length;
        }

        void PutText(byte[] bytes) => at += SizedText.Put(joined.Span[at..], bytes);
    }

    private static SecretBytes SealingKey(SecretBytes derived) => KeyDerivation.Subkey(derived, "passpack/7/key file");

    /// <summary>Null if it is not Base64, as this module writes it.</summary>
    private static SecretBytes? Decoded(ReadOnlySpan<byte> base64)
    {
        using var buffer = new SecretBytes(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        return Base64.DecodeFromUtf8(base64, buffer.Span, out int read, out int written) == OperationStatus.Done && read == base64.Length
            ? SecretBytes.CopyOf(buffer.Span[..written]) : null;
    }

    // Up to the next delimiter; nothing is left behind the last field.
    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf((byte)'#');
        ReadOnlySpan<byte> field = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return field;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static PasspackException Damaged(string path, string how, Exception? inner = null) =>
        new(ErrorCodes.KeyFileDamaged, $"The key file {path} cannot be used: {how}. Nothing was changed.", inner) { Target = path };
}
