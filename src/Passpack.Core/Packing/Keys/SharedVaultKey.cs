using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using static System.FormattableString;

namespace Passpack.Packing.Keys;

/// <summary>
/// The Vault Key of one epoch of a shared vault: random, derived from nobody's Account Key. Every key that comes out of a wrapping or a chain is held to the
/// commitment of its epoch before it is used, so no two members can be given different ones. docs/pack-format.md, "The keys of a shared vault".
/// </summary>
public sealed class SharedVaultKey : IDisposable
{
    /// <summary>Bytes of a Vault Key wrapped for a member.</summary>
    public const int WrappedBytes = XWing.CiphertextBytes + KeyDerivation.KeyBytes + TagBytes;

    /// <summary>Bytes of a Vault Key sealed for a personal vault.</summary>
    public static readonly int SealedBytes = RecordCipher.SealedSize(KeyDerivation.KeyBytes);

    private const int TagBytes = 16;

    // The key is used for this one message, so the nonce may be zeros (SP 800-38D, 8.2: no nonce twice under a key).
    private static readonly byte[] s_nonce = new byte[12];

    private readonly SecretBytes _key;

    private SharedVaultKey(SecretBytes key, SharedEpoch epoch)
    {
        _key = key;
        Epoch = epoch;
    }

    /// <summary>Which epoch's it is.</summary>
    public SharedEpoch Epoch { get; }

    /// <summary>Draws the key of a new epoch.</summary>
    /// <param name="random">The random bytes of the statement that created the vault.</param>
    /// <param name="epoch">From 1.</param>
    public static SharedVaultKey Create(Hash256 random, int epoch)
    {
        SecretBytes key = SecretBytes.Random(KeyDerivation.KeyBytes);
        return new SharedVaultKey(key, new SharedEpoch(random, epoch, Commit(key, random, epoch)));
    }

    /// <summary>Unwraps the key that was wrapped for a member.</summary>
    /// <param name="wrapped"><see cref="WrappedBytes"/> bytes.</param>
    /// <param name="epoch">Of which epoch it has to be, as the log says.</param>
    /// <param name="vaultId">The vault's.</param>
    /// <param name="member">The member's identity.</param>
    /// <param name="seed">Its private half, 32 bytes.</param>
    /// <returns>Null if it was wrapped for somebody else, another vault or epoch, or is not the key that the log commits to.</returns>
    public static SharedVaultKey? TryUnwrap(ReadOnlySpan<byte> wrapped, SharedEpoch epoch, Guid vaultId, AccountIdentity member, SecretBytes seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentNullException.ThrowIfNull(member);
        if (wrapped.Length != WrappedBytes)
            return null;
        using var shared = new SecretBytes(XWing.SharedBytes);
        if (!XWing.TryDecapsulate(seed.Span, wrapped[..XWing.CiphertextBytes], shared.Span))
            return null;
        using SecretBytes key = WrappingKey(shared, vaultId, epoch, member);
        return Open(key, wrapped[XWing.CiphertextBytes..], epoch);
    }

    /// <summary>Wraps the key for a member.</summary>
    /// <param name="vaultId">The vault's.</param>
    /// <param name="member">Whose receiving key was checked when its identity was read.</param>
    /// <returns><see cref="WrappedBytes"/> bytes.</returns>
    public byte[] WrapFor(Guid vaultId, AccountIdentity member)
    {
        ArgumentNullException.ThrowIfNull(member);
        byte[] wrapped = new byte[WrappedBytes];
        using SecretBytes drawn = SecretBytes.Random(XWing.SeedBytes);
        using var shared = new SecretBytes(XWing.SharedBytes);
        XWing.Encapsulate(member.ReceivingKey, drawn.Span, wrapped.AsSpan(..XWing.CiphertextBytes), shared.Span);
        using SecretBytes key = WrappingKey(shared, vaultId, Epoch, member);
        Seal(key, _key, wrapped.AsSpan(XWing.CiphertextBytes..));
        return wrapped;
    }

    /// <summary>Seals the key of an earlier epoch under this one: what the statement that starts this epoch carries.</summary>
    public byte[] Chain(SharedVaultKey earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        byte[] chained = new byte[EpochStart.ChainedKeyBytes];
        using SecretBytes key = ChainKey(earlier.Epoch.Number);
        Seal(key, earlier._key, chained);
        return chained;
    }

    /// <summary>Opens the key of an earlier epoch that a statement carries.</summary>
    /// <param name="chained">As <see cref="Chain"/> made it.</param>
    /// <param name="earlier">Of which epoch it has to be, as the log says.</param>
    /// <returns>Null if it is not the key that the log commits to.</returns>
    public SharedVaultKey? TryOpenChained(ReadOnlySpan<byte> chained, SharedEpoch earlier)
    {
        if (chained.Length != EpochStart.ChainedKeyBytes)
            return null;
        using SecretBytes key = ChainKey(earlier.Number);
        return Open(key, chained, earlier);
    }

    /// <summary>The same key once more; the caller disposes it.</summary>
    public SharedVaultKey Copy() => new(SecretBytes.CopyOf(_key.Span), Epoch);

    /// <summary>Seals the key for the personal vault of a member: docs/pack-format.md, "Personal records of shared vaults".</summary>
    /// <param name="personal">The keys of the personal vault.</param>
    /// <param name="vaultId">The shared vault's.</param>
    /// <returns><see cref="SealedBytes"/> bytes.</returns>
    public byte[] SealFor(VaultKeys personal, Guid vaultId)
    {
        ArgumentNullException.ThrowIfNull(personal);
        return personal.Seal(RecordStream.SharedVault, RecordPart.VaultKey, vaultId, Epoch.Number, _key.Span);
    }

    /// <summary>Opens a key that a personal vault has.</summary>
    /// <param name="sealedKey">As <see cref="SealFor"/> made it.</param>
    /// <param name="epoch">Of which epoch it has to be, as the log says.</param>
    /// <param name="vaultId">The shared vault's.</param>
    /// <param name="personal">The keys of the personal vault.</param>
    /// <returns>Null if it does not open, or is not the key that the log commits to.</returns>
    public static SharedVaultKey? TryOpenSealed(ReadOnlySpan<byte> sealedKey, SharedEpoch epoch, Guid vaultId, VaultKeys personal)
    {
        ArgumentNullException.ThrowIfNull(personal);
        if (!personal.TryOpen(RecordStream.SharedVault, RecordPart.VaultKey, vaultId, epoch.Number, sealedKey, out OpenedRecord opened))
            return null;
        try
        {
            return opened.Span.Length == KeyDerivation.KeyBytes ? Committed(SecretBytes.CopyOf(opened.Span), epoch) : null;
        }
        finally
        {
            opened.Dispose();
        }
    }

    /// <summary>The key itself, for tests that compare it with another implementation's.</summary>
    internal ReadOnlySpan<byte> Span => _key.Span;

    /// <summary>A key of this epoch for one purpose, of 32 bytes.</summary>
    /// <param name="purpose">Unique for each purpose.</param>
    /// <param name="vaultId">The vault's.</param>
    public SecretBytes Subkey(string purpose, Guid vaultId) =>
        KeyDerivation.Subkey(_key, Invariant($"passpack/7/{purpose}/{Epoch.Number}"), vaultId.ToByteArray(bigEndian: true));

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    // Not the vault's id, which follows from the statement that has the first commitment.
    private static Hash256 Commit(SecretBytes key, Hash256 random, int epoch)
    {
        using SecretBytes commitment = KeyDerivation.Subkey(key, Invariant($"passpack/7/commitment/{epoch}"), random.ToBytes());
        return Hash256.Read(commitment.Span);
    }

    private static SecretBytes WrappingKey(SecretBytes shared, Guid vaultId, SharedEpoch epoch, AccountIdentity member)
    {
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, epoch.Number);
        byte[] info = [.. Encoding.ASCII.GetBytes("passpack/7/wrapped vault key"), 0, .. number, .. epoch.Commitment.ToBytes(), .. member.Fingerprint];
        var key = new SecretBytes(KeyDerivation.KeyBytes);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared.Span, key.Span, vaultId.ToByteArray(bigEndian: true), info);
        return key;
    }

    private SecretBytes ChainKey(int earlier) =>
        KeyDerivation.Subkey(_key, Invariant($"passpack/7/chained vault key/{Epoch.Number}/{earlier}"), Epoch.Random.ToBytes());

    private static void Seal(SecretBytes key, SecretBytes content, Span<byte> result)
    {
        using var cipher = new AesGcm(key.Span, TagBytes);
        cipher.Encrypt(s_nonce, content.Span, result[..KeyDerivation.KeyBytes], result[KeyDerivation.KeyBytes..]);
    }

    private static SharedVaultKey? Open(SecretBytes key, ReadOnlySpan<byte> message, SharedEpoch epoch)
    {
        var content = new SecretBytes(KeyDerivation.KeyBytes);
        try
        {
            using var cipher = new AesGcm(key.Span, TagBytes);
            cipher.Decrypt(s_nonce, message[..KeyDerivation.KeyBytes], message[KeyDerivation.KeyBytes..], content.Span);
        }
        catch (AuthenticationTagMismatchException)
        {
            content.Dispose();
            return null;
        }

        return Committed(content, epoch);
    }

    /// <summary>Takes ownership of a key. Null if the log commits to another.</summary>
    private static SharedVaultKey? Committed(SecretBytes content, SharedEpoch epoch)
    {
        if (CryptographicOperations.FixedTimeEquals(Commit(content, epoch.Random, epoch.Number).ToBytes(), epoch.Commitment.ToBytes()))
            return new SharedVaultKey(content, epoch);
        content.Dispose();
        return null;
    }
}
