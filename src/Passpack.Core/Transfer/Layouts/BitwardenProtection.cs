using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Passpack.Packing.Records;

namespace Passpack.Transfer.Layouts;

/// <summary>What a password costs to try, as an encrypted export says it (Bitwarden's KdfType and its numbers, clients/libs/common, 2025).</summary>
/// <param name="IsArgon2">Argon2id; otherwise PBKDF2 with HMAC-SHA-256.</param>
/// <param name="Rounds">Iterations.</param>
/// <param name="MemoryMiB">Of Argon2id.</param>
/// <param name="Lanes">Of Argon2id.</param>
internal readonly record struct BitwardenCost(bool IsArgon2, long Rounds, long MemoryMiB = 0, long Lanes = 0)
{
    /// <summary>What an export is written with: Bitwarden's default.</summary>
    public static BitwardenCost Current { get; } = new(IsArgon2: false, 600_000);

    private const long MostRounds = 10_000_000, MostMemoryMiB = 1024, MostLanes = 16, MostArgon2Work = 10 * MostMemoryMiB;

    /// <summary>Why the cost is out of bounds. Null if it is within.</summary>
    public string? Fault() =>
        !IsArgon2 ? Rounds is >= 1 and <= MostRounds ? null : $"its key derivation (PBKDF2) takes {Rounds:N0} rounds, and 1 to {MostRounds:N0} are read"
        : Rounds >= 1 && MemoryMiB >= 1 && MemoryMiB <= MostMemoryMiB && Lanes is >= 1 and <= MostLanes && Rounds <= MostArgon2Work / MemoryMiB ? null
        : $"its key derivation (Argon2id) takes {MemoryMiB:N0} MiB, {Rounds:N0} rounds and {Lanes:N0} lanes; read are at most {MostMemoryMiB:N0} MiB, " +
            $"{MostArgon2Work:N0} MiB in all rounds together, and {MostLanes} lanes";
}

/// <summary>
/// The keys of an export that is protected by a password, and its texts: <c>2.iv|ct|mac</c>, AES-256-CBC, then HMAC-SHA-256 over iv and ct, all in Base64
/// (bitwarden.com/help/bitwarden-security-white-paper; EncString type 2). The MAC is checked before anything is decrypted.
/// </summary>
internal sealed class BitwardenProtection : IDisposable
{
    private const int KeyBytes = 32, IvBytes = 16;

    private readonly SecretBytes _encryption = new(KeyBytes), _mac = new(KeyBytes);

    /// <summary>Derives the keys.</summary>
    /// <param name="password">UTF-8.</param>
    /// <param name="salt">The text of the export's <c>salt</c>, as it stands: Bitwarden does not decode it.</param>
    /// <param name="cost">Within bounds.</param>
    public BitwardenProtection(SecretBytes password, string salt, BitwardenCost cost)
    {
        if (cost.Fault() is { } fault)
            throw new ArgumentException(fault, nameof(cost));
        byte[] saltBytes = Encoding.UTF8.GetBytes(salt);
        using SecretBytes derived = new(KeyBytes);
        if (cost.IsArgon2)
            Argon2(password, SHA256.HashData(saltBytes), cost, derived);
        else
            Rfc2898DeriveBytes.Pbkdf2(password.Span, saltBytes, derived.Span, (int)cost.Rounds, HashAlgorithmName.SHA256);
        HKDF.Expand(HashAlgorithmName.SHA256, derived.Span, _encryption.Span, "enc"u8);
        HKDF.Expand(HashAlgorithmName.SHA256, derived.Span, _mac.Span, "mac"u8);
    }

    /// <summary>Opens a text. Null if it is no such text, or these are not its keys, or it was altered.</summary>
    public SecretBytes? Open(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("2."u8))
            return null;
        text = text[2..];
        int first = text.IndexOf((byte)'|'), last = text.LastIndexOf((byte)'|');
        if (first < 0 || last == first || Decode(text[..first]) is not { Length: IvBytes } iv || Decode(text[(first + 1)..last]) is not { } content
            || Decode(text[(last + 1)..]) is not { Length: HMACSHA256.HashSizeInBytes } mac)
            return null;
        if (!CryptographicOperations.FixedTimeEquals(Mac(iv, content), mac) || content.Length % IvBytes != 0)
            return null;
        using var aes = Aes.Create();
        aes.Key = _encryption.Array;
        var padded = new SecretBytes(content.Length);
        try
        {
            int count = aes.DecryptCbc(content, iv, padded.Span);
            return SecretBytes.CopyOf(padded.Span[..count]);
        }
        catch (CryptographicException) // Its padding, under a right MAC: written so by whoever knows the password.
        {
            return null;
        }
        finally
        {
            padded.Dispose();
        }
    }

    /// <summary>Seals a content as a text.</summary>
    public string Seal(ReadOnlySpan<byte> content)
    {
        using var aes = Aes.Create();
        aes.Key = _encryption.Array;
        byte[] iv = aes.IV, sealedContent = aes.EncryptCbc(content, iv);
        return $"2.{Convert.ToBase64String(iv)}|{Convert.ToBase64String(sealedContent)}|{Convert.ToBase64String(Mac(iv, sealedContent))}";
    }

    /// <summary>Seals a content that is written piece by piece; the text goes to the target.</summary>
    public BitwardenSealingStream SealTo(Stream target) => new(target, _encryption.Array, _mac.Span);

    public void Dispose()
    {
        _encryption.Dispose();
        _mac.Dispose();
    }

    private byte[] Mac(byte[] iv, byte[] content)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _mac.Span);
        mac.AppendData(iv);
        mac.AppendData(content);
        return mac.GetHashAndReset();
    }

    private static byte[]? Decode(ReadOnlySpan<byte> base64)
    {
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        OperationStatus status = Base64.DecodeFromUtf8(base64, bytes, out int read, out int written);
        return status == OperationStatus.Done && read == base64.Length ? bytes[..written] : null;
    }

    // BouncyCastle leaves a copy of the password to the garbage collector; the ones here are zeroed.
    private static void Argon2(SecretBytes password, byte[] salt, BitwardenCost cost, SecretBytes derived)
    {
        var argon2 = new Argon2BytesGenerator();
        argon2.Init(new Argon2Parameters.Builder(Argon2Parameters.Argon2id).WithVersion(Argon2Parameters.Version13).WithSalt(salt)
            .WithIterations((int)cost.Rounds).WithMemoryAsKB((int)cost.MemoryMiB << 10).WithParallelism((int)cost.Lanes).Build());
        argon2.GenerateBytes(password.Array, derived.Array);
    }
}
