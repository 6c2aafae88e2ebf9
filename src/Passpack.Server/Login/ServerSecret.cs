using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>What is derived from the database's secret, one label a purpose. The same on every node.</summary>
internal sealed class ServerSecret(byte[] secret)
{
    /// <summary>The login salt of a User ID that does not exist: lasting, and not to be told from a random one.</summary>
    public byte[] UnknownUserSalt(string userId) => Derive("login salt", Encoding.UTF8.GetBytes(userId))[..16];

    /// <summary>What an attempt is counted under.</summary>
    public AttemptKeys AttemptKeys(string userId, IPAddress? address) =>
        new(Derive("failed account", Encoding.UTF8.GetBytes(userId)), Derive("failed address", Network(address)));

    /// <summary>Who is behind an address: of IPv6 the /64, within which one host chooses freely.</summary>
    public static byte[] Network(IPAddress? address)
    {
        if (address is null)
            return [];
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        byte[] bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? bytes[..8] : bytes;
    }

    private byte[] Derive(string purpose, byte[] value)
    {
        byte[] labelled = [.. Encoding.UTF8.GetBytes(purpose), 0, .. value];
        return HMACSHA256.HashData(secret, labelled);
    }
}
