using System.Security.Cryptography;
using System.Text;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>What is derived from the database's secret, one label a purpose. The same on every node.</summary>
internal sealed class ServerSecret(byte[] secret)
{
    /// <summary>The login salt of a User ID that does not exist: lasting, and not to be told from a random one.</summary>
    public byte[] UnknownUserSalt(string userId) => Derive("login salt", Encoding.UTF8.GetBytes(userId))[..16];

    /// <summary>What an attempt is counted under.</summary>
    /// <param name="userId">Normalized.</param>
    /// <param name="client">Where it comes from.</param>
    /// <param name="device">Whose token came with it, if one did.</param>
    public AttemptKeys AttemptKeys(string userId, ClientAddress client, CurrentDevice? device) => new(
        Derive("failed account", Encoding.UTF8.GetBytes(userId)),
        Place(userId, client),
        client.Network is { } network ? Derive("failed address", network) : null,
        device is null ? null : Derive("failed device", [.. BitConverter.GetBytes(device.Account), .. device.Id.ToByteArray()]));

    /// <summary>A User ID at a network. The hash has one length, so no User ID runs over into a network.</summary>
    public byte[] Place(string userId, ClientAddress client) =>
        Derive("place", [.. SHA256.HashData(Encoding.UTF8.GetBytes(userId)), .. client.Network ?? []]);

    /// <summary>What binds a challenge to this database and a User ID.</summary>
    public byte[] ChallengeMac(byte[] head, string userId) => Derive("registration challenge", [.. head, .. Encoding.UTF8.GetBytes(userId)]);

    /// <summary>What registrations from a network are counted under.</summary>
    public byte[] Registrations(byte[] network) => Derive("registrations", network);

    private byte[] Derive(string purpose, byte[] value)
    {
        byte[] labelled = [.. Encoding.UTF8.GetBytes(purpose), 0, .. value];
        return HMACSHA256.HashData(secret, labelled);
    }
}
