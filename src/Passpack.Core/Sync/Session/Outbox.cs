using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Session;

/// <summary>The one push that waits for its answer. Its exact bytes are stored before they are sent, and removed once the answer is here.</summary>
internal static class Outbox
{
    public static bool IsWaiting(VaultConnection connection) => connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM outbox)") != 0;

    /// <summary>The push that an interrupted run left. Null if no push waits.</summary>
    public static PushRequest? Waiting(VaultConnection connection) => WaitingBytes(connection) is { } request ? Read(request) : null;

    /// <summary>The waiting push as the bytes that were sent. Null if no push waits.</summary>
    public static byte[]? WaitingBytes(VaultConnection connection) => connection.First("SELECT request FROM outbox", row => row.GetBytes(0));

    /// <summary>Stores a push; no other may be waiting.</summary>
    /// <returns>The bytes to send.</returns>
    public static byte[] Put(VaultConnection connection, PushRequest push)
    {
        byte[] request = push.ToMessage().ToArray();
        connection.Execute("INSERT INTO outbox (push_id, request) VALUES ($1, $2)", push.PushId, request);
        return request;
    }

    public static PushRequest Read(byte[] request)
    {
        using var bytes = new MemoryStream(request, writable: false);
        // All is there, so nothing is waited for.
        var reader = new RecordReader(bytes, request.Length);
        return PushRequest.ReadAsync(reader, ProtocolJson.Default.PushMetadata, CancellationToken.None).GetAwaiter().GetResult();
    }

    public static void Empty(VaultConnection connection) => connection.Execute("DELETE FROM outbox");
}
