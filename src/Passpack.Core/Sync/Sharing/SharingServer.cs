using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Client;

namespace Passpack.Sync.Sharing;

/// <summary>What a server has of shared vaults, beside their records. Nothing that it answers is believed: whoever asks, verifies.</summary>
internal sealed class SharingServer(OnlineClient client)
{
    // As many as there may be of everything that the server lists: whoever sends more than one page of each is hostile.
    private const int MostPages = 10_000;

    public Uri Address => client.Server;

    public Task CreateAsync(CreateSharedVaultRequest request, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Routes.SharedVaults, request, ProtocolJson.Default.CreateSharedVaultRequest, cancellationToken);

    /// <summary>The log from its beginning, verified.</summary>
    /// <returns>Null if the account may not see it.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerTampered"/>: it is no log, or another vault's.</exception>
    public async Task<(VaultLog Log, IReadOnlyList<SignedStatement> Statements)?> ReadLogAsync(Guid vaultId, CancellationToken cancellationToken)
    {
        if (await StatementsAsync(vaultId, -1, cancellationToken).ConfigureAwait(false) is not { Count: > 0 } statements)
            return null;
        Require(VaultLog.TryBegin(statements[0], out VaultLog? log), statements[0]);
        foreach (SignedStatement statement in statements.Skip(1))
            Require(log!.TryAppend(statement), statement);
        return log!.VaultId == vaultId ? (log, statements) : throw SyncErrors.Tampered(client.Server, "the log of another shared vault");
    }

    /// <summary>Statements of a log, which nobody has verified yet.</summary>
    /// <param name="vaultId">The shared vault's.</param>
    /// <param name="after">The number before the first; -1: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null if the account may not see the log.</returns>
    public async Task<IReadOnlyList<SignedStatement>?> StatementsAsync(Guid vaultId, long after, CancellationToken cancellationToken)
    {
        var all = new List<SignedStatement>();
        while (true)
        {
            string query = string.Create(CultureInfo.InvariantCulture, $"?after={after + all.Count}");
            StatementPage? answer = await FindAsync(
                Routes.OfVault(vaultId, Routes.LogStatements) + query, ProtocolJson.Default.StatementPage, cancellationToken).ConfigureAwait(false);
            if (answer is not { Statements: { } page })
                return null;
            if (page.Count == 0)
                return all;
            if (all.Count + page.Count > VaultLog.MostStatements)
                throw SyncErrors.Tampered(client.Server, "a log without an end");
            foreach (byte[] bytes in page)
            {
                all.Add(SignedStatement.TryRead(bytes, out SignedStatement? statement, out string? wrong)
                    ? statement : throw SyncErrors.Tampered(client.Server, $"a statement that {wrong}"));
            }
        }
    }

    /// <summary>The key of the newest epoch that was wrapped for this account, which nobody has tried yet. Null if there is none.</summary>
    public async Task<byte[]?> WrappedKeyAsync(Guid vaultId, CancellationToken cancellationToken)
    {
        // After every revision that there can be: only the head is wanted.
        string query = string.Create(CultureInfo.InvariantCulture, $"?after={long.MaxValue / 4}&statements=0");
        ChangePage answer = await client.GetAsync(Routes.OfVault(vaultId, Routes.Changes) + query, ChangePage.ReadAsync, cancellationToken)
            .ConfigureAwait(false);
        return answer.Head is { Shared: { } shared } ? shared.WrappedKey : throw client.NotPasspack("the log of a shared vault is missing");
    }

    /// <summary>The next manifests of a shared vault, after a generation; nobody has verified them yet.</summary>
    public Task<ManifestPage> ManifestsAsync(Guid vaultId, long after, CancellationToken cancellationToken)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"?after={after}");
        return client.GetAsync(Routes.OfVault(vaultId, Routes.Manifests) + query, ProtocolJson.Default.ManifestPage, cancellationToken);
    }

    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerTampered"/>: a statement is refused.</exception>
    public void Require(StatementFault fault, SignedStatement statement)
    {
        if (fault != StatementFault.None)
            throw SyncErrors.Tampered(client.Server, $"statement {statement.Content.Number} of a shared vault ({fault})");
    }

    public Task AppendAsync(Guid vaultId, SignedStatement statement, IReadOnlyList<WrappedKey> keys, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Routes.OfVault(vaultId, Routes.LogStatements), new AppendStatementRequest(statement.Bytes.ToArray(), keys),
            ProtocolJson.Default.AppendStatementRequest, cancellationToken);

    public Task RewrapAsync(Guid vaultId, RewrapRequest request, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, Routes.OfVault(vaultId, Routes.WrappedKeys), request, ProtocolJson.Default.RewrapRequest, cancellationToken);

    /// <summary>The shared vaults that the account is or was a member of, as the server says.</summary>
    /// <param name="personal">The id of the account's own vault.</param>
    /// <param name="revision">Of what was pulled last: what came since is asked for by the next pull.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<SharedVaultPlace>> PlacesAsync(Guid personal, long revision, CancellationToken cancellationToken)
    {
        string? page = null;
        for (int i = 0; i < MostPages; i++)
        {
            string query = string.Create(CultureInfo.InvariantCulture, $"?after={revision}&shared=true");
            if (page is not null)
                query += $"&page={Uri.EscapeDataString(page)}";
            ChangePage answer = await client.GetAsync(Routes.OfVault(personal, Routes.Changes) + query,
                ChangePage.ReadAsync, cancellationToken).ConfigureAwait(false);
            if (answer.Head is { } head)
                return head.SharedVaults ?? [];
            page = answer.NextPage ?? throw client.NotPasspack("a page of changes is incomplete");
        }
        throw SyncErrors.Tampered(client.Server, "pages without an end");
    }

    public Task InviteAsync(NewVaultInvitationRequest request, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Routes.VaultInvitations, request, ProtocolJson.Default.NewVaultInvitationRequest, cancellationToken);

    public async Task<IReadOnlyDictionary<Guid, StoredVaultInvitation>> InvitationsAsync(CancellationToken cancellationToken)
    {
        VaultInvitationPage page = await client.GetAsync(Routes.VaultInvitations, ProtocolJson.Default.VaultInvitationPage, cancellationToken)
            .ConfigureAwait(false);
        return (page.Invitations ?? throw client.NotPasspack("a list of invitations is none")).DistinctBy(one => one.Id).ToDictionary(one => one.Id);
    }

    /// <summary>Takes an invitation back; one that is not there is no error.</summary>
    public Task WithdrawAsync(Guid invitation, CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Delete, Routes.OfVaultInvitation(invitation), null, cancellationToken, repeatable: true);

    /// <returns>Null if the invitation is not for this account.</returns>
    public async Task<AccountIdentity?> InviterAsync(Guid invitation, CancellationToken cancellationToken) => Identity(await FindAsync(
        Routes.OfVaultInvitation(invitation, Routes.Inviter), ProtocolJson.Default.InviterAnswer, cancellationToken).ConfigureAwait(false));

    public Task AnswerAsync(InvitationAnswer answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, Routes.OfVaultInvitation(answer.Invitation, Routes.Answer), new AnswerInvitationRequest(answer.ToBytes()),
            ProtocolJson.Default.AnswerInvitationRequest, cancellationToken);

    /// <summary>The identity of a User ID with a fingerprint, or with one that begins so.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="fingerprint">40 or 64 hexadecimal digits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerTampered"/>: what is served is another one.</exception>
    public async Task<AccountIdentity?> IdentityAsync(string userId, string fingerprint, CancellationToken cancellationToken)
    {
        string query = $"?userId={Uri.EscapeDataString(userId)}&fingerprint={fingerprint}";
        AccountIdentity? identity = Identity(
            await FindAsync(Routes.Identities + query, ProtocolJson.Default.InviterAnswer, cancellationToken).ConfigureAwait(false));
        if (identity is null)
            return null;
        return SharingRules.IsSameUser(identity.UserId, userId)
            && Convert.ToHexString(identity.Fingerprint).StartsWith(fingerprint, StringComparison.OrdinalIgnoreCase)
            ? identity : throw SyncErrors.Tampered(client.Server, $"another identity than the one of {userId} that was asked for");
    }

    private AccountIdentity? Identity(InviterAnswer? answer)
    {
        if (answer is null)
            return null;
        return AccountIdentity.TryRead(answer.Identity, out AccountIdentity? identity, out string? wrong)
            ? identity : throw SyncErrors.Tampered(client.Server, $"an identity that {wrong}");
    }

    private async Task<T?> FindAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await client.GetAsync(path, type, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ServerCode == ErrorCodes.NotFound)
        {
            return null;
        }
    }

    // The server takes the same bytes again as it did the first time; so what an answer was lost of is sent again.
    private async Task SendAsync<T>(HttpMethod method, string path, T request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(request, type);
        try
        {
            await client.SendAsync(method, path, json, cancellationToken, repeatable: true).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ServerCode == ErrorCodes.NotPermitted)
        {
            // What is permitted the log says, which was asked first; a server that says otherwise changes nothing here.
            throw new PasspackException(ErrorCodes.ServerRefused,
                $"{client.Server} does not permit what the log of the shared vault, as it serves it, lets this account do. "
                + "Nothing was changed.", e) { Target = client.Server };
        }
    }
}
