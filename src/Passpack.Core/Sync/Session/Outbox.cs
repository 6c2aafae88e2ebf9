using System.Text.Json;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Session;

/// <summary>The one push whose answer this machine waits for: its exact bytes are here before they are sent, until the answer is.</summary>
internal static class Outbox
{
    public static bool IsWaiting(VaultConnection connection) => connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM outbox)") != 0;

    /// <summary>What an interrupted run left; null if nothing waits.</summary>
    public static PushRequest? Waiting(VaultConnection connection) => WaitingBytes(connection) is { } request ? Read(request) : null;

    /// <summary>The same, as it was sent.</summary>
    public static byte[]? WaitingBytes(VaultConnection connection) => connection.First("SELECT request FROM outbox", row => row.GetBytes(0));

    /// <summary>Puts a push in, where nothing waits.</summary>
    /// <returns>The bytes to send.</returns>
    public static byte[] Put(VaultConnection connection, PushRequest push)
    {
        byte[] request = JsonSerializer.SerializeToUtf8Bytes(push, ProtocolJson.Default.PushRequest);
        connection.Execute("INSERT INTO outbox (push_id, request) VALUES ($1, $2)", push.PushId, request);
        return request;
    }

    public static PushRequest Read(byte[] request) => JsonSerializer.Deserialize(request, ProtocolJson.Default.PushRequest)!;

    public static void Empty(VaultConnection connection) => connection.Execute("DELETE FROM outbox");
}
