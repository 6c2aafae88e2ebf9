using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Vault.Storage;

/// <summary>
/// This machine's device token as the account row keeps it: a sealed record of the token (32 bytes), and of the server and the User ID that it is for, each
/// as its length in two bytes and its UTF-8. So whoever changes the server of a vault file gets no token sent there.
/// </summary>
internal static class SealedToken
{
    /// <summary>Bytes of a device token.</summary>
    public const int TokenBytes = 32;

    private const long Version = 1;

    /// <summary>Seals a token.</summary>
    public static byte[] Seal(VaultKeys keys, Guid device, ReadOnlySpan<byte> token, string server, string userId)
    {
        using SecretBytes plaintext = Join(token, server, userId);
        return keys.Seal(RecordStream.None, RecordPart.DeviceToken, device, Version, plaintext.Span);
    }

    /// <summary>The account's token. Null if there is none, it does not open, or it is for another server or User ID than the account's.</summary>
    public static SecretBytes? Open(VaultKeys keys, AccountRow account)
    {
        if (account is not { DeviceId: { } device, DeviceToken: { } record, Server: { } server }
            || !keys.TryOpen(RecordStream.None, RecordPart.DeviceToken, device, Version, record, out OpenedRecord opened))
        {
            return null;
        }
        try
        {
            if (opened.Span.Length < TokenBytes)
                return null;
            using SecretBytes expected = Join(opened.Span[..TokenBytes], server, account.UserId);
            return CryptographicOperations.FixedTimeEquals(opened.Span, expected.Span) ? SecretBytes.CopyOf(opened.Span[..TokenBytes]) : null;
        }
        finally
        {
            opened.Dispose();
        }
    }

    private static SecretBytes Join(ReadOnlySpan<byte> token, string server, string userId)
    {
        byte[] address = Encoding.UTF8.GetBytes(server), user = Encoding.UTF8.GetBytes(userId);
        var joined = new SecretBytes(TokenBytes + (2 * SizedText.Before) + address.Length + user.Length);
        token.CopyTo(joined.Span);
        int end = TokenBytes + SizedText.Put(joined.Span[TokenBytes..], address);
        SizedText.Put(joined.Span[end..], user);
        return joined;
    }
}
