using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;

namespace Passpack.Sync.Administration;

/// <summary>Sends requests that an administrator's account signs, one after another: the server takes each once.</summary>
internal sealed class Administrator : IDisposable
{
    private readonly SyncRun _run;

    /// <param name="vault">The administrator's: unlocked, and connected.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotConnected"/>.</exception>
    public Administrator(LocalVault vault)
    {
        ArgumentNullException.ThrowIfNull(vault);
        _run = SyncRun.OpenReadOnly(vault);
    }

    public OnlineClient Client => _run.Client;

    /// <summary>Sends a request, for an answer.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, and errors of the server.</exception>
    public Task<TAnswer> AskAsync<TRequest, TAnswer>(
        string path, Func<AdministratorSignature, TRequest> make, JsonTypeInfo<TRequest> type, JsonTypeInfo<TAnswer> answer,
        CancellationToken cancellationToken)
        where TRequest : AdministrationRequest =>
        SignedRequest.SendAsync(Client, served => Client.PostAsync(path, Sign(served, make), type, answer, cancellationToken), cancellationToken);

    /// <summary>Sends a request whose answer has no body.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, and errors of the server.</exception>
    public Task SendAsync<TRequest>(
        string path, Func<AdministratorSignature, TRequest> make, JsonTypeInfo<TRequest> type, CancellationToken cancellationToken)
        where TRequest : AdministrationRequest => SignedRequest.SendAsync(Client, async served =>
        {
            byte[] request = JsonSerializer.SerializeToUtf8Bytes(Sign(served, make), type);
            await Client.SendAsync(HttpMethod.Post, path, request, cancellationToken).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    public void Dispose() => _run.Dispose();

    private T Sign<T>(ServedKeys served, Func<AdministratorSignature, T> make)
        where T : AdministrationRequest
    {
        if (served.Administered is not { } number)
        {
            throw new PasspackException(ErrorCodes.NotPermitted,
                $"{Client.Server} lets only administrators do that, and {_run.Account.UserId} is none. Nothing was changed.") { Target = _run.Account.UserId };
        }
        byte[] content = make(new AdministratorSignature(served.Head, number, [])).ToContent();
        byte[] statement = Statements.Administration(_run.Account.VaultId, served.Head, number, content);
        return make(new AdministratorSignature(served.Head, number, _run.Keys.Sign(_run.Identity, SignaturePurpose.Administration, statement)));
    }
}
