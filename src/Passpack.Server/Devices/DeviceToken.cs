using System.Buffers.Text;
using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Devices;

/// <summary>A device's bearer credential: 32 random bytes, of which only the SHA-256 is stored.</summary>
internal sealed class DeviceToken
{
    private const int Size = 32;

    private DeviceToken(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    public byte[] Hash => SHA256.HashData(Bytes);

    public static DeviceToken Create() => new(RandomNumberGenerator.GetBytes(Size));

    /// <summary>Reads the value of an Authorization header, <c>Bearer base64url(token)</c>. Null if it has another form.</summary>
    public static DeviceToken? FromHeader(string? authorization)
    {
        const string Scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        ReadOnlySpan<char> text = authorization.AsSpan(Scheme.Length).Trim();
        byte[] bytes = new byte[Size];
        return text.Length <= 2 * Size && Base64Url.IsValid(text, out int length) && length == Size
            && Base64Url.TryDecodeFromChars(text, bytes, out _) ? new DeviceToken(bytes) : null;
    }

    /// <summary>Describes the sign-in of a device with this token.</summary>
    public DeviceSignIn SignIn(DeviceDescription device, ClientAddress client, DateTimeOffset now) =>
        new(device.Id, device.Name, Hash, now) { From = client.Text };
}
