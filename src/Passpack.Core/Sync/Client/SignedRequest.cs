using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Passpack.Protocol;

namespace Passpack.Sync.Client;

/// <summary>Requests that are signed over the head of the account: over the present one, again if another machine pushes meanwhile.</summary>
internal static class SignedRequest
{
    // Pushes of other machines come one after another, and a statement takes one round trip.
    private const int MostRounds = 8;

    /// <summary>Sends a request that is signed over the present head.</summary>
    /// <param name="client">Authenticated.</param>
    /// <param name="send">Signs and sends it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<T> SendAsync<T>(OnlineClient client, Func<ServedKeys, Task<T>> send, CancellationToken cancellationToken)
    {
        for (int round = 1; ; round++)
        {
            ServedKeys served = await ServedKeys.ReadAsync(client, cancellationToken).ConfigureAwait(false);
            try
            {
                return await send(served).ConfigureAwait(false);
            }
            catch (PasspackException e) when (e.ServerCode == ErrorCodes.RevisionConflict && round < MostRounds)
            {
            }
        }
    }

    /// <summary>Sends a request whose answer has no body.</summary>
    public static Task SendAsync<T>(
        OnlineClient client, HttpMethod method, string path, Func<ManifestName, T> sign, JsonTypeInfo<T> type, CancellationToken cancellationToken,
        bool repeatable = false) => SendAsync(client, async served =>
        {
            byte[] request = JsonSerializer.SerializeToUtf8Bytes(sign(served.Head), type);
            await client.SendAsync(method, path, request, cancellationToken, repeatable).ConfigureAwait(false);
            return true;
        }, cancellationToken);
}
