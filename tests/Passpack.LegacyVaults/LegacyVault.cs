using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Passpack.Packing.Keys;
using Passpack.Packing.Legacy;
using Passpack.Packing.Records;
using Passpack.Vault.Storage;

namespace Passpack.LegacyVaults;

/// <summary>
/// Makes a local account one of an earlier pack version: its Account Key, in Base64, in an envelope of that version. Records are as they
/// were. Core itself writes none of these but 5 and 6.
/// </summary>
public static class LegacyVault
{
    /// <summary>Ages an account that exists, and that nobody has unlocked.</summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="packingKey">In UTF-8; it stays the Packing Key.</param>
    /// <param name="packVersion">1, 2, 3, 5 or 6.</param>
    public static void Make(DataFolder home, string userId, SecretBytes packingKey, int packVersion)
    {
        AccountFolder folder = home.Account(userId);
        using VaultConnection connection = VaultFile.Open(folder);
        AccountRow account = AccountRow.Load(connection);
        using SecretBytes accountKey = KeyEnvelope.Open(EnvelopePurpose.AccountKey, account.KeyEnvelope, packingKey);
        using var keys = new VaultKeys(SecretBytes.CopyOf(accountKey.Span), account.VaultId, account.Epoch);
        (account with { PackVersion = packVersion, KeyEnvelope = Envelope(packVersion, accountKey, packingKey) }).Save(connection, keys);
    }

    /// <summary>A key envelope of an earlier pack version.</summary>
    public static string Envelope(int packVersion, SecretBytes accountKey, SecretBytes packingKey)
    {
        using SecretBytes text = SecretBytes.FromChars(Convert.ToBase64String(accountKey.Span));
        return packVersion >= 5 ? LegacyEnvelope.Seal(packVersion, text.Span, packingKey) : SealOld(packVersion, text, packingKey);
    }

    // docs/pack-format.md, "Older packs": 1000 iterations, 16-byte salt and IV; 1 and 2 AES-128-CBC of the text, 3 AES-256-GCM of PSON.
    private static string SealOld(int packVersion, SecretBytes text, SecretBytes packingKey)
    {
        byte[] iv = RandomNumberGenerator.GetBytes(16), salt = RandomNumberGenerator.GetBytes(16);
        byte[] key = Rfc2898DeriveBytes.Pbkdf2(packingKey.Span, salt, 1000, HashAlgorithmName.SHA256, packVersion < 3 ? 16 : 32);
        byte[] sealedText = packVersion < 3 ? SealCbc(key, iv, text.Span) : SealGcm(key, iv, text);
        return string.Join('#', packVersion, Convert.ToBase64String(iv), Convert.ToBase64String(salt), Convert.ToBase64String(sealedText));
    }

    private static byte[] SealCbc(byte[] key, byte[] iv, ReadOnlySpan<byte> text)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        return aes.EncryptCbc(text, iv);
    }

    private static byte[] SealGcm(byte[] key, byte[] iv, SecretBytes text)
    {
        using SecretBytes payload = PsonText.Write(text.Span);
        var gcm = new GcmBlockCipher(new AesEngine());
        gcm.Init(true, new AeadParameters(new KeyParameter(key), 128, iv));
        byte[] sealedBytes = new byte[payload.Length + 16];
        gcm.DoFinal(sealedBytes, gcm.ProcessBytes(payload.Span.ToArray(), 0, payload.Length, sealedBytes, 0));
        return sealedBytes;
    }
}
