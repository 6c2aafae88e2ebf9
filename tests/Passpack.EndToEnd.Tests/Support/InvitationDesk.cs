using System.Text.Json;
using System.Web;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>
/// Invitations and identities as a server has them, of one inviter, held in memory in front of the real server; so that a test can also have them otherwise. It
/// believes everybody: who verifies is the client.
/// </summary>
internal sealed class InvitationDesk
{
    private readonly Dictionary<Guid, StoredVaultInvitation> _invitations = [];

    /// <summary>Whoever there is.</summary>
    public List<AccountIdentity> Identities { get; } = [];

    /// <summary>Who is said to have invited; null: the first of <see cref="Identities"/>.</summary>
    public AccountIdentity? Inviter { get; set; }

    /// <summary>What becomes of an answer on its way to the inviter.</summary>
    public Func<byte[], byte[]> Alter { get; set; } = answer => answer;

    public Task<Answer?> AnswerAsync(Exchange exchange)
    {
        string[] path = exchange.Path.Split('?')[0].Trim('/').Split('/');
        if (path is ["v1", "identities"])
            return Task.FromResult<Answer?>(Identity(exchange.Path));
        return path is ["v1", "vault-invitations", ..] ? Task.FromResult<Answer?>(Invitations(exchange, path[2..])) : Honestly(exchange);

        static async Task<Answer?> Honestly(Exchange exchange) => await exchange.HonestAsync();
    }

    private Answer Invitations(Exchange exchange, string[] path)
    {
        switch (exchange.Method, path)
        {
            case ("GET", []):
                return Answer.Json(new VaultInvitationPage([.. _invitations.Values.Select(one => one.Answer is { } answer ? one with { Answer = Alter(answer) } : one)]),
                    ProtocolJson.Default.VaultInvitationPage);
            case ("POST", []):
                NewVaultInvitationRequest made = JsonSerializer.Deserialize(exchange.Body, ProtocolJson.Default.NewVaultInvitationRequest)!;
                Assert.Equal(32, made.Registration!.Length);
                _invitations.TryAdd(made.Id, new StoredVaultInvitation(made.Id, made.UserId, made.Expires));
                return s_done;
        }
        var id = Guid.Parse(path[0]);
        if (exchange.Method == "DELETE")
        {
            _invitations.Remove(id);
            return s_done;
        }
        if (!_invitations.TryGetValue(id, out StoredVaultInvitation? found))
            return s_nothing;
        switch (exchange.Method, path[1..])
        {
            case ("GET", [Routes.Inviter]):
                return Served(Inviter ?? Identities[0]);
            case ("PUT", [Routes.Answer]):
                byte[] answer = JsonSerializer.Deserialize(exchange.Body, ProtocolJson.Default.AnswerInvitationRequest)!.Answer;
                if (found.Answer is { } before && !before.AsSpan().SequenceEqual(answer))
                    return Answer.Problem(409, ErrorCodes.InvitationInvalid);
                _invitations[id] = found with { Answer = answer };
                return s_done;
            default:
                return s_nothing;
        }
    }

    private Answer Identity(string path)
    {
        var query = HttpUtility.ParseQueryString(path.Split('?')[1]);
        return Identities.Find(one => UserIds.Normalize(one.UserId) == UserIds.Normalize(query["userId"]!)
            && Convert.ToHexString(one.Fingerprint).StartsWith(query["fingerprint"]!, StringComparison.OrdinalIgnoreCase)) is { } found ? Served(found) : s_nothing;
    }

    private static Answer Served(AccountIdentity identity) => Answer.Json(new InviterAnswer(identity.Bytes.ToArray()), ProtocolJson.Default.InviterAnswer);

    private static readonly Answer s_done = Answer.Text("", status: 204);
    private static readonly Answer s_nothing = Answer.Problem(404, ErrorCodes.NotFound);
}
