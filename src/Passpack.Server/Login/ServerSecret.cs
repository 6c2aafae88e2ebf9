using System.Security.Cryptography;
using System.Text;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>Derives values from the database's secret, with a label for each purpose. Every node derives the same.</summary>
internal sealed class ServerSecret(byte[] secret)
{
    /// <summary>The login salt of a User ID that does not exist: constant, and indistinguishable from a random one.</summary>
    public byte[] UnknownUserSalt(string userId) => Derive("login salt", Encoding.UTF8.GetBytes(userId))[..16];

    /// <summary>The keys under which an attempt is counted.</summary>
    /// <param name="userId">Normalized.</param>
    /// <param name="client">Where it comes from.</param>
    /// <param name="device">The device whose token came with the attempt. Null if none did.</param>
    /// <param name="resets">How often an administrator forgot the failures of the account.</param>
    public AttemptKeys AttemptKeys(string userId, ClientAddress client, CurrentDevice? device, long resets) => new(
        Derive("failed account", [.. BitConverter.GetBytes(resets), .. Encoding.UTF8.GetBytes(userId)]),
        Place(userId, client),
        client.Network is { } network ? Derive("failed address", network) : null,
        device is null ? null : OfDevice(device, resets)) { From = client.Text, Here = Place(userId, client, BitConverter.GetBytes(resets)) };

    // A login names whatever device it likes, so a token that was never woken counts for itself alone.
    private byte[] OfDevice(CurrentDevice device, long resets) => device.Session.State == TokenState.NeverWoken
        ? Derive("failed sign-in", device.Session.TokenHash)
        : Derive("failed device", [.. BitConverter.GetBytes(resets), .. BitConverter.GetBytes(device.Account), .. device.Id.ToByteArray()]);

    /// <summary>The key of a User ID at a network. The hash has a fixed length, so User ID and network cannot be confused.</summary>
    public byte[] Place(string userId, ClientAddress client) => Place(userId, client, []);

    /// <summary>The MAC that binds a challenge to this database and a User ID.</summary>
    public byte[] ChallengeMac(byte[] head, string userId) => Derive("registration challenge", [.. head, .. Encoding.UTF8.GetBytes(userId)]);

    /// <summary>The key under which registrations from a network are counted.</summary>
    public byte[] Registrations(byte[] network) => Derive("registrations", network);

    /// <summary>The key under which requests of a kind from a network are counted.</summary>
    public byte[] Requests(string kind, byte[] network) => Derive("requests: " + kind, network);

    private byte[] Place(string userId, ClientAddress client, byte[] resets) => Derive(
        resets.Length == 0 ? "place" : "failed place", [.. SHA256.HashData(Encoding.UTF8.GetBytes(userId)), .. resets, .. client.Network ?? []]);

    private byte[] Derive(string purpose, byte[] value)
    {
        byte[] labelled = [.. Encoding.UTF8.GetBytes(purpose), 0, .. value];
        return HMACSHA256.HashData(secret, labelled);
    }
}
