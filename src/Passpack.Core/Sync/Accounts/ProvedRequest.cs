using System.Text.Json.Serialization.Metadata;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>A request by this machine's token that the identity signs, with a proof of the Password and a code of the second factor.</summary>
internal sealed class ProvedRequest : IDisposable
{
    private readonly VaultUse _use;

    public ProvedRequest(LocalVault vault, SecretBytes? secondFactor)
    {
        ArgumentNullException.ThrowIfNull(vault);
        Code = SecondFactorCodes.Text(secondFactor);
        _use = vault.Use();
        try
        {
            Account = AccountRow.Load(_use.Connection, _use.Keys);
            Client = SyncRun.Connect(Account, _use.Keys);
        }
        catch
        {
            _use.Dispose();
            throw;
        }
    }

    public AccountRow Account { get; }

    public OnlineClient Client { get; }

    /// <summary>The code of the second factor. Null if none is given.</summary>
    public string? Code { get; }

    public byte[] Sign(SignaturePurpose purpose, byte[] statement) =>
        _use.Keys.Sign(Account.RequireIdentity(_use.Connection), purpose, statement);

    /// <summary>Sends it once, unless the head moves.</summary>
    public async Task SendAsync<T>(
        string path, SecretBytes password, Func<ManifestName, byte[], T> sign, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        LoginPassword.Require(password, null);
        using SecretBytes proof = (await SignedIn.ProveAsync(Client, Account.UserId, password, Account.LoginKdf, cancellationToken)
            .ConfigureAwait(false)).Proof;
        await SignedRequest.SendAsync(Client, HttpMethod.Post, path, head => sign(head, proof.Span.ToArray()), type, cancellationToken)
            .ConfigureAwait(false);
    }

    public void Dispose()
    {
        Client.Dispose();
        _use.Dispose();
    }
}
